/** Tells listeners of later values. */
import type { ConfigSchema } from './standard-schema.ts';
import type { ConfigValues } from './values.ts';

export interface Subscriptions {
  /** Tells of each value of the key after the present one. Returns the function that ends it. */
  add(key: string, schema: ConfigSchema, listener: (value: unknown) => void): () => void;
  /** Tells the listeners of these keys whose value is another one. */
  refresh(keys: readonly string[]): void;
}

interface Subscription {
  readonly schema: ConfigSchema;
  readonly listener: (value: unknown) => void;
  version: number | undefined;
  value: unknown;
}

/** Starts without listeners. An error that a listener throws surfaces in the program, and ends nothing here. */
export function createSubscriptions(values: ConfigValues): Subscriptions {
  const byKey = new Map<string, Set<Subscription>>();
  return {
    add(key, schema, listener) {
      const { version, value } = values.read(key, schema) ?? { version: undefined, value: undefined };
      const subscription = { schema, listener, version, value };
      const subscriptions = byKey.get(key) ?? new Set();
      byKey.set(key, subscriptions.add(subscription));
      return () => {
        subscriptions.delete(subscription);
        if (subscriptions.size === 0 && byKey.get(key) === subscriptions) byKey.delete(key);
      };
    },
    refresh(keys) {
      for (const key of keys) {
        const subscriptions = byKey.get(key) ?? new Set<Subscription>();
        for (const subscription of [...subscriptions]) {
          const { version, value } = values.read(key, subscription.schema) ?? { version: undefined, value: undefined };
          // A value that was put again is told again; one that did not fit left the last one in place.
          if (version === subscription.version && value === subscription.value) continue;
          Object.assign(subscription, { version, value });
          queueMicrotask(() => subscriptions.has(subscription) && subscription.listener(value));
        }
      }
    },
  };
}
