/** Fills a table of configurations: from its file, then from the registry, for as long as the program runs. */
import { endedError } from '../calls/failure-error.ts';
import type { FollowerRuntime } from '../memory/follow-changes.ts';
import { cacheFileAt, type Kept } from './cache-file.ts';
import { keepCache } from './cache-keeper.ts';
import { createDataAge, type DataAge } from './data-age.ts';
import { type ConfigsListener, followConfigs } from './follow-configs.ts';
import type { Observers } from './observers.ts';
import type { ConfigsOptions, ConfigsSource } from './options.ts';
import { unusableFile } from './problems.ts';
import { createReadiness } from './readiness.ts';
import type { ChangedKey, ConfigTable } from './table.ts';
import type { ConfigsWire } from './wire.ts';

/** A runtime that also knows the time of day, which files state. */
export interface ConfigsRuntime extends FollowerRuntime {
  /** In milliseconds since 1970. */
  timeOfDay(): number;
}

export interface Run extends Pick<ConfigsOptions, 'project_id' | 'prefix' | 'cacheFile'> {
  readonly wire: ConfigsWire;
  readonly runtime: ConfigsRuntime;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly table: ConfigTable;
  readonly observers: Observers;
  /** Called when these keys of the table changed, before observers are told. */
  readonly onStep: (keys: readonly string[]) => void;
}

export interface Running {
  readonly age: DataAge;
  ready(): Promise<void>;
  source(): ConfigsSource;
  /** To be called after the signal aborted. Resolves when the file is written. */
  close(): Promise<void>;
}

/** Starts. */
export function runConfigs(run: Run): Running {
  const { wire, runtime, signal, table, observers } = run;
  const age = createDataAge(runtime.now);
  const readiness = createReadiness();
  let source: ConfigsSource = null;
  let cursor: string | undefined;
  const onFileFailure = (cause: unknown) => observers.problem(unusableFile(cause));
  const kept = (): Kept => ({ cursor: cursor ?? '', known_until: knownUntil(age, runtime), configs: table.configs() });
  const file = run.cacheFile === undefined ? undefined : cacheFileAt(run.cacheFile, run);
  const keeper = file && keepCache({ file, kept, runtime, signal, onFailure: onFileFailure });

  function take(changed: readonly ChangedKey[], reached: string): void {
    const keys = changed.map(({ key }) => key);
    cursor = reached;
    run.onStep(keys);
    if (keys.length > 0) observers.change({ keys, cursor: reached });
    readiness.reached();
  }

  const listener: ConfigsListener = {
    onStep(changed, reached) {
      if (source !== 'registry' || reached !== cursor) keeper?.changed();
      source = 'registry';
      take(changed, reached);
    },
    onState: (live, error) => observers.state({ live, source, ...(live || error === undefined ? {} : { error }) }),
    onFailure(error) {
      if (source === null) readiness.failed(error);
    },
  };

  async function start(): Promise<void> {
    const restored = file === undefined ? undefined : await file.load().catch(onFileFailure);
    if (signal.aborted) return;
    if (restored !== undefined) {
      const { known_until, configs } = restored;
      const ageMs = known_until === null ? Number.NaN : runtime.timeOfDay() - known_until;
      if (ageMs >= 0) age.restore(ageMs);
      source = 'file';
      take(table.replace(configs), restored.cursor);
    }
    followConfigs({ wire, table, age, runtime, signal, cursor, listener });
  }
  void start();

  return {
    age,
    ready: () => readiness.promise,
    source: () => source,
    async close() {
      if (source === null) readiness.ended(endedError('configs', 'aborted', undefined));
      await keeper?.close();
    },
  };
}

/** The time of day until which every change is known; null if there is none. */
function knownUntil(age: DataAge, runtime: ConfigsRuntime): number | null {
  const ageMs = age.ageMs();
  return ageMs === null ? null : Math.floor(runtime.timeOfDay() - ageMs);
}
