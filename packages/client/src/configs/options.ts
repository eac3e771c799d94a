/** The options of the configurations of a project, what they tell, and their checks. */
import type { Client } from '../generated/client.ts';
import type { SchemaIssue } from './standard-schema.ts';

/** Where the values come from. Null: there are none yet. */
export type ConfigsSource = 'registry' | 'file' | null;

/** The state of the configurations. */
export interface ConfigsState {
  /** Whether they reflect every change that was answered three seconds ago or earlier. */
  readonly live: boolean;
  readonly source: ConfigsSource;
  /** The last failure, while they are not live. Absent if the registry told that it may miss changes. */
  readonly error?: unknown;
}

/** One step of the configurations from a state of the project to a later one. */
export interface ConfigsStep {
  /** The keys that have another value than before, or none any more. All of them changed together. */
  readonly keys: readonly string[];
  /** The state that was reached; opaque. */
  readonly cursor: string;
}

/** Something that went wrong, and that the configurations went on without. `message` quotes no content. */
export type ConfigsProblem =
  /** A value does not fit a schema that the program reads it with. `issues` is what the schema said; it may quote the content. */
  | {
      readonly type: 'value_refused';
      readonly message: string;
      readonly key: string;
      readonly version: number;
      /** The version whose value stays in use; undefined: none, the value counts as absent. */
      readonly stays: number | undefined;
      readonly issues: readonly SchemaIssue[];
      readonly cause?: unknown;
    }
  /** The file could not be read and is ignored, or could not be written. */
  | { readonly type: 'file_unusable'; readonly message: string; readonly cause: unknown }
  /** What the program expects of a key could not be registered. */
  | { readonly type: 'reader_unregistered'; readonly message: string; readonly key: string; readonly cause: unknown };

export interface ConfigsObserver {
  /** Called when the configurations become live and when they cease to be; and at the first failure before that. */
  readonly onState?: ((state: ConfigsState) => void) | undefined;
  /** Called after each step, when all of its keys can be read. */
  readonly onChange?: ((step: ConfigsStep) => void) | undefined;
  /** Called once for each problem, for the log. */
  readonly onProblem?: ((problem: ConfigsProblem) => void) | undefined;
}

export interface ConfigsOptions extends ConfigsObserver {
  /** What `createClient` returned, with a credential that may read the project's configurations. */
  readonly client: Client;
  readonly project_id: string;
  /** Only keys that begin with it are read. */
  readonly prefix?: string | undefined;
  /**
   * A file of this program for a start while the registry is away; its folder must exist. It has mode 0600, and no credential
   * in it. A file that is broken, or about another project, is told and ignored.
   */
  readonly cacheFile?: string | undefined;
  /**
   * The name of this program among the readers of the project: letters, digits, dots, dashes and underscores, 64 at most.
   * With it, each schema that a key is read with, and that states its JSON Schema, is registered: a change that breaks it is
   * refused. The credential must be allowed to do that.
   */
  readonly reader?: string | undefined;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const READER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const PREFIX = /^[A-Za-z0-9._-]{0,128}$/;

/** Returns the options. Throws a `TypeError` for one that cannot work. */
export function checkedConfigsOptions({ prefix, ...options }: ConfigsOptions): ConfigsOptions {
  if (!UUID.test(options.project_id)) throw new TypeError('project_id must be the id of a project.');
  if (prefix !== undefined && !PREFIX.test(prefix)) {
    throw new TypeError('prefix must be at most 128 letters, digits, dots, dashes and underscores.');
  }
  if (options.cacheFile === '') throw new TypeError('cacheFile must be the path of a file.');
  if (options.reader !== undefined && !READER.test(options.reader)) {
    throw new TypeError('reader must be 1 to 64 letters, digits, dots, dashes and underscores.');
  }
  // An empty prefix is the one of every key.
  return { ...options, prefix: prefix || undefined };
}
