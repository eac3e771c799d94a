/** The provider of flags. */
import type { Configs } from '../configs.ts';
import { createEmitter, type Emitter } from './emitter.ts';
import { createEvaluatedFlags } from './evaluated-flags.ts';
import { placeOf, valueAt } from './flag.ts';

export interface ConfigsProviderOptions {
  /** The configurations, of `createConfigs`. The provider does not close them. */
  readonly configs: Configs;
}

/** What a flag is resolved to. */
export interface FlagResolution<Value> {
  readonly value: Value;
  /** `STATIC` while the value reflects every change that was answered three seconds ago, `STALE` otherwise. */
  readonly reason: 'STATIC' | 'STALE';
  /** `version` is that of the configuration. */
  readonly flagMetadata: { version: number };
}

/** A provider for `@openfeature/server-sdk`. Each resolution rejects with an `Error` that has OpenFeature's `code`. */
export interface ConfigsProvider {
  readonly metadata: { readonly name: string };
  readonly runsOn: 'server';
  readonly events: Emitter;
  /** Resolves when there are values. Rejects as `configs.ready` does: the provider becomes ready later, if it can. */
  initialize(): Promise<void>;
  /** Ends the events. */
  onClose(): Promise<void>;
  resolveBooleanEvaluation(flagKey: string): Promise<FlagResolution<boolean>>;
  resolveStringEvaluation(flagKey: string): Promise<FlagResolution<string>>;
  resolveNumberEvaluation(flagKey: string): Promise<FlagResolution<number>>;
  /** Objects and arrays. The value is frozen. */
  resolveObjectEvaluation<Value>(flagKey: string): Promise<FlagResolution<Value>>;
}

const NAME = 'tenant-registry';

/** An error with a code of OpenFeature. It never quotes a value. */
class FlagError extends Error {
  readonly code: 'FLAG_NOT_FOUND' | 'TYPE_MISMATCH' | 'PROVIDER_NOT_READY';

  constructor(code: FlagError['code'], message: string) {
    super(message);
    this.name = 'FlagError';
    this.code = code;
  }
}

/**
 * Returns a provider. The key of a flag is the key of a configuration, `checkout`, or that with a JSON pointer (RFC 6901)
 * into its content, `checkout#/limits/max_items`. Who asks makes no difference: there is no targeting. A flag that does not
 * exist gives `FLAG_NOT_FOUND`, a value of another type `TYPE_MISMATCH`, and any flag `PROVIDER_NOT_READY` before there are
 * values. The provider tells when it becomes ready or stale, and which flags changed: keys of configurations, and flags with
 * a pointer that were asked for before and whose value is another one.
 */
export function createConfigsProvider({ configs }: ConfigsProviderOptions): ConfigsProvider {
  const events = createEmitter();
  const evaluated = createEvaluatedFlags((flagKey) => find(configs, flagKey)?.value);
  const told = { providerName: NAME };
  let stop: (() => void) | undefined;
  /** OpenFeature's SDK tells of the first state by itself. */
  let initialized = false;

  function begin(): void {
    stop ??= configs.observe({
      onState: ({ live, source }) => {
        if (initialized && source !== null) events.emit(live ? 'PROVIDER_READY' : 'PROVIDER_STALE', told);
      },
      onChange: ({ keys }) =>
        events.emit('PROVIDER_CONFIGURATION_CHANGED', {
          ...told,
          flagsChanged: [...keys, ...evaluated.changedOf(keys)],
        }),
    });
  }

  async function resolve<Value>(flagKey: string, type: string, fits: (value: unknown) => boolean) {
    if (configs.source === null) throw new FlagError('PROVIDER_NOT_READY', 'No configurations are known yet.');
    const found = find(configs, flagKey);
    if (found === undefined) throw new FlagError('FLAG_NOT_FOUND', `There is no value for the flag ${flagKey}.`);
    evaluated.note(flagKey, found.value);
    if (!fits(found.value)) throw new FlagError('TYPE_MISMATCH', `The value of the flag ${flagKey} is no ${type}.`);
    const reason: FlagResolution<Value>['reason'] = configs.live ? 'STATIC' : 'STALE';
    return { value: found.value as Value, reason, flagMetadata: { version: found.version } };
  }

  return {
    metadata: { name: NAME },
    runsOn: 'server',
    events,
    async initialize() {
      begin();
      try {
        await configs.ready;
      } finally {
        // After the SDK has told the outcome of this promise.
        setTimeout(() => {
          initialized = true;
          if (configs.source !== null && !configs.live) events.emit('PROVIDER_STALE', told);
        }, 0);
      }
    },
    async onClose() {
      stop?.();
      stop = undefined;
    },
    resolveBooleanEvaluation: (flagKey) => resolve(flagKey, 'boolean', (value) => typeof value === 'boolean'),
    resolveStringEvaluation: (flagKey) => resolve(flagKey, 'string', (value) => typeof value === 'string'),
    resolveNumberEvaluation: (flagKey) => resolve(flagKey, 'number', (value) => typeof value === 'number'),
    resolveObjectEvaluation: (flagKey) =>
      resolve(flagKey, 'object', (value) => typeof value === 'object' && value !== null),
  };
}

function find(configs: Configs, flagKey: string): { readonly value: unknown; readonly version: number } | undefined {
  const place = placeOf(flagKey);
  const version = place === undefined ? undefined : configs.version(place.key);
  if (place === undefined || version === undefined) return undefined;
  const value = valueAt(configs.get(place.key), place.tokens);
  return value === undefined ? undefined : { value, version };
}
