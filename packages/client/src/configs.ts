/** The configurations of a project in the process of a product: read at once, and kept equal to the registry's. */
import { connectionOf } from './calls/connection-of.ts';
import { deepFrozen } from './configs/frozen.ts';
import { createObservers } from './configs/observers.ts';
import {
  type ConfigsObserver,
  type ConfigsOptions,
  type ConfigsSource,
  checkedConfigsOptions,
} from './configs/options.ts';
import { refusedValue, unregisteredReader } from './configs/problems.ts';
import { keepContracts } from './configs/reader-contracts.ts';
import { type ConfigsRuntime, runConfigs } from './configs/run-configs.ts';
import type { ConfigSchema, OutputOfSchema } from './configs/standard-schema.ts';
import { createSubscriptions } from './configs/subscriptions.ts';
import { createConfigTable } from './configs/table.ts';
import { createConfigValues } from './configs/values.ts';
import { type ConfigsWire, configsWireOf } from './configs/wire.ts';
import { followerRuntime } from './memory/remembered.ts';

/** The configurations of a project. They may be read at any time, also while the registry is away. */
export interface Configs {
  /**
   * Returns the frozen value of the key, as the registry has it. Undefined: the key has none, or nothing is known yet.
   */
  get(key: string): unknown;
  /**
   * Returns the frozen value of the key, as the schema gives it. A value that does not fit never replaces the last one that
   * did: that one stays, and `onProblem` is told, once for each version. Undefined: the key has no value, nothing is known yet,
   * or no value has fitted since the schema was first used in this process. Use one schema object for all reads of a key: its
   * result is kept for it. Throws a `TypeError` for a schema that validates asynchronously.
   */
  get<Schema extends ConfigSchema>(key: string, schema: Schema): OutputOfSchema<Schema> | undefined;
  /** Returns the value as `get` does, and the default where it would return undefined. */
  get<Schema extends ConfigSchema, Default>(
    key: string,
    schema: Schema,
    options: { readonly default: Default },
  ): OutputOfSchema<Schema> | Default;
  /** Tells whether the key has a value, whatever it is. */
  has(key: string): boolean;
  /** Returns the keys that have a value, sorted. */
  keys(): string[];
  /** Returns the present version of the key; undefined if it has no value. */
  version(key: string): number | undefined;
  /**
   * Calls the listener with each later value of the key that `get` returns, undefined when the key was deleted. All values
   * that changed together can be read by then. Returns the function that ends it.
   */
  subscribe<Schema extends ConfigSchema>(
    key: string,
    schema: Schema,
    listener: (value: OutputOfSchema<Schema> | undefined) => void,
  ): () => void;
  /** Tells the observer what happens from now on. Returns the function that ends it. */
  observe(observer: ConfigsObserver): () => void;
  /**
   * Resolves when there are values, of the registry or of the file. Rejects with the `RegistryError` when the registry
   * refuses before that for a reason that time does not cure (`unauthenticated`, `forbidden`, `not_found`, `invalid_input`);
   * the configurations go on trying all the same. Rejects with the code `aborted` when they are closed before. While the
   * registry is away and there is no file, it stays pending: race it with a time limit. Waiting for it keeps a Node process
   * alive; nothing else here does.
   */
  readonly ready: Promise<void>;
  /**
   * Whether the values reflect every change that was answered three seconds ago or earlier, for certain. Otherwise they are
   * the last that are known.
   */
  readonly live: boolean;
  /**
   * The upper bound of the age of the values in milliseconds: every change that was answered earlier is in them. It is
   * measured by a monotonic clock, and of a file by the time of day that is written in it. Null: there is no bound, since
   * nothing is known yet, or the file is of a time that has not come.
   */
  readonly age_ms: number | null;
  /** Where the values come from: null before there are any. */
  readonly source: ConfigsSource;
  /** Ends the following. The values stay. Resolves when the file is written. */
  close(): Promise<void>;
}

/**
 * Returns the configurations of the project, and starts to follow them at once: a snapshot first, then every change, exactly
 * once and in order; changes of one state take effect together. Create one object for each process and project, and close it
 * at the end of the process; an open one does not keep a Node process alive. Throws a `TypeError` for invalid options.
 */
export function createConfigs(options: ConfigsOptions): Configs {
  const { project_id, prefix } = checkedConfigsOptions(options);
  const wire = configsWireOf(connectionOf(options.client), { project_id, prefix });
  return createConfigsOn({ ...followerRuntime(), timeOfDay: Date.now }, wire, options);
}

/** Returns the configurations that the wire tells of, whose time, pauses and chance come from the runtime. */
export function createConfigsOn(runtime: ConfigsRuntime, wire: ConfigsWire, options: ConfigsOptions): Configs {
  const { reader, ...checked } = checkedConfigsOptions(options);
  const closing = new AbortController();
  const { signal } = closing;
  const observers = createObservers(options);
  const table = createConfigTable(checked.prefix);
  const values = createConfigValues(table.get, (refused) => observers.problem(refusedValue(refused)));
  const subscriptions = createSubscriptions(values);
  const contracts =
    reader === undefined
      ? undefined
      : keepContracts({
          reader,
          wire,
          runtime,
          signal,
          onFailure: (key, cause) => observers.problem(unregisteredReader(key, cause)),
        });
  const running = runConfigs({
    ...checked,
    wire,
    runtime,
    signal,
    table,
    observers,
    onStep(keys) {
      for (const key of keys) values.refresh(key);
      subscriptions.refresh(keys);
    },
  });
  const read = (key: string, schema: ConfigSchema) => {
    if (!signal.aborted) contracts?.note(key, schema);
    return values.read(key, schema)?.value;
  };
  return {
    get(key: string, schema?: ConfigSchema, given?: { readonly default: unknown }) {
      const value = schema === undefined ? deepFrozen(table.get(key)?.content) : read(key, schema);
      return value === undefined ? given?.default : value;
    },
    has: (key) => table.get(key) !== undefined,
    keys: table.keys,
    version: (key) => table.get(key)?.version,
    subscribe(key, schema, listener) {
      read(key, schema);
      return subscriptions.add(key, schema, listener as (value: unknown) => void); // the schema gives what it takes
    },
    observe: observers.add,
    get ready() {
      return running.ready();
    },
    get live() {
      return !signal.aborted && running.age.isLive();
    },
    get age_ms() {
      return running.age.ageMs();
    },
    get source() {
      return running.source();
    },
    async close() {
      closing.abort();
      await running.close();
    },
  };
}
