/** Remembers flags with a pointer that were asked for, to tell which of them changed. */
import { placeOf } from './flag.ts';

/** Bounds the memory: the flag that was asked for longest ago is forgotten. */
const FLAGS_MAX = 10_000;

export interface EvaluatedFlags {
  /** Notes the value that a flag has. */
  note(flagKey: string, value: unknown): void;
  /** Returns the noted flags of these keys whose value is another one now. */
  changedOf(keys: readonly string[]): string[];
}

/** Starts without flags. `resolve` gives the present value. */
export function createEvaluatedFlags(resolve: (flagKey: string) => unknown): EvaluatedFlags {
  /** The values, which are frozen. */
  const flags = new Map<string, unknown>();
  return {
    note(flagKey, value) {
      if (!flagKey.includes('#')) return;
      flags.delete(flagKey);
      flags.set(flagKey, value);
      const [oldest] = flags.keys();
      if (flags.size > FLAGS_MAX && oldest !== undefined) flags.delete(oldest);
    },
    changedOf(keys) {
      const changed = new Set(keys);
      return [...flags].flatMap(([flagKey, before]) => {
        if (!changed.has(placeOf(flagKey)?.key ?? '')) return [];
        const value = resolve(flagKey);
        flags.set(flagKey, value);
        // Members in another order count as another value.
        return JSON.stringify(value) === JSON.stringify(before) ? [] : [flagKey];
      });
    },
  };
}
