/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { ConfigAuthor } from './config-schemas.ts';

/** The input of `client.configs.get`. */
export interface GetConfigInput {
  /** The project. */
  project_id: string;
  /** Unique in the project. */
  key: string;
}

/** The current value of a key. */
export interface Config {
  /** The project that it belongs to. */
  project_id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The key. */
  key: string;
  /** Counts the writes of the key, deletes too. It never goes back. */
  version: number;
  /** Any JSON. */
  content: unknown;
  /** SHA-256 of the content in the form of RFC 8785. */
  content_sha256: string;
  /** The schema that the content is checked against; null: none. */
  schema_id: string | null;
  /** Its version. */
  schema_version: number | null;
  /** Who wrote it. */
  updated_by: ConfigAuthor;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** The state in which it got this version; opaque. */
  cursor: string;
}

/** The input of `client.configs.put`. */
export interface PutConfigInput {
  /** The project. */
  project_id: string;
  /** Unique in the project. */
  key: string;
  /** Any JSON, at most 256 KiB. */
  content: unknown;
  /** The version that the change is made from; 0: the key has no value. It or If-Match is required. */
  expected_version?: number | undefined;
  /** Checks the content against this schema from now on; null: against none. Absent: as before. */
  schema_id?: string | null | undefined;
  /** The version of the schema; absent beside `schema_id`: its latest one. */
  schema_version?: number | undefined;
  /** Why, for the history. */
  reason?: string | undefined;
  /** Writes also what a program that reads the key does not accept. The event names the programs. */
  ignore_readers?: boolean | undefined;
}

/** The input of `client.configs.create`. */
export interface CreateConfigInput {
  /** The project. */
  project_id: string;
  /** Unique in the project. */
  key: string;
  /** Any JSON, at most 256 KiB. */
  content: unknown;
  /** Checks the content against this schema from now on; null: against none. Absent: as before. */
  schema_id?: string | null | undefined;
  /** The version of the schema; absent beside `schema_id`: its latest one. */
  schema_version?: number | undefined;
  /** Why, for the history. */
  reason?: string | undefined;
  /** Writes also what a program that reads the key does not accept. The event names the programs. */
  ignore_readers?: boolean | undefined;
}

/** The input of `client.configs.delete`. */
export interface DeleteConfigInput {
  /** The project. */
  project_id: string;
  /** Unique in the project. */
  key: string;
  /** The version that the change is made from; 0: the key has no value. It or If-Match is required. */
  expected_version?: number | undefined;
  /** Why, for the history. */
  reason?: string | undefined;
}

/** The input of `client.configs.validate`. */
export interface ValidateConfigInput {
  /** The project. */
  project_id: string;
  /** Unique in the project. */
  key: string;
  /** Any JSON, at most 256 KiB. */
  content: unknown;
  /** Checks the content against this schema from now on; null: against none. Absent: as before. */
  schema_id?: string | null | undefined;
  /** The version of the schema; absent beside `schema_id`: its latest one. */
  schema_version?: number | undefined;
}

/** What a write of the content would meet. Nothing was written. */
export interface ConfigValidation {
  /** Whether the content is valid by the schema; true without a schema. */
  valid: boolean;
  /** The first mistakes. */
  errors: ConfigValidationError[];
  /** The version of the key now; 0: it has no value. */
  version: number;
  /** What makes the content out of the current one. */
  patch: JsonPatch;
}

/** A mistake at a place of the content. */
export interface ConfigValidationError {
  /** The place: a JSON pointer. */
  pointer: string;
  /** What is wrong there. */
  message: string;
}

/**
 * Operations of JSON Patch (RFC 6902). Where there was no content before, the one operation adds the whole at the path
 * ""; where there is none after, it removes the whole.
 */
export type JsonPatch = JsonPatchItem[];

/** An operation of JSON Patch. */
export interface JsonPatchItem {
  /** What it does. Others may come. */
  op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  /** The place: a JSON pointer. */
  path: string;
  /** Of `move` and `copy`: the place. */
  from?: string | undefined;
  /** Any JSON. */
  value?: unknown | undefined;
}

/** The input of `client.configs.listRevisions`. */
export interface ListConfigRevisionsInput {
  /** The project. */
  project_id: string;
  /** Unique in the project. */
  key: string;
  /** Whether the contents come too. */
  content?: boolean | undefined;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
}

/** A page of a list. */
export interface ListConfigRevisionsOutput {
  /** The rows of this page. */
  items: ConfigRevision[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** A version that a key has or had. It never changes. */
export interface ConfigRevision {
  /** The project that it belongs to. */
  project_id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The key. */
  key: string;
  /** Counts the writes of the key, deletes too. It never goes back. */
  version: number;
  /** What the write did. Others may come. */
  operation: 'create' | 'update' | 'rollback' | 'delete';
  /** Of a rollback: the version whose content came back. */
  source_version: number | null;
  /** Any JSON; null of a deletion. Absent in a list that was asked for without contents. */
  content?: unknown | undefined;
  /** SHA-256 of the content in the form of RFC 8785. */
  content_sha256: string | null;
  /** The schema that the content was checked against; null: none. */
  schema_id: string | null;
  /** Its version. */
  schema_version: number | null;
  /** Who wrote it. */
  author: ConfigAuthor;
  /** Why, in the words of the writer. */
  reason: string | null;
  /** When it was created. */
  created_at: string;
}

/** The input of `client.configs.getRevision`. */
export interface GetConfigRevisionInput {
  /** The project. */
  project_id: string;
  /** Unique in the project. */
  key: string;
  /** A version of the key. */
  version: number;
}

/** The input of `client.configs.diff`. */
export interface DiffConfigInput {
  /** The project. */
  project_id: string;
  /** Unique in the project. */
  key: string;
  /** A version of the key; 0: no content, as before its first version. */
  from: number;
  /** Absent: the current version. */
  to?: number | undefined;
}

/** How two versions of a key differ. */
export interface ConfigVersionDiff {
  /** A version that is compared. */
  from: ConfigVersionDiffFrom;
  /** A version that is compared. */
  to: ConfigVersionDiffTo;
  /** What makes the content of `to` out of that of `from`. */
  patch: JsonPatch;
}

/** A version that is compared. */
export interface ConfigVersionDiffFrom {
  /** Counts the writes of the key, deletes too. It never goes back. */
  version: number;
  /** Null: there is no content, because the version is a deletion, or 0. */
  content_sha256: string | null;
}

/** A version that is compared. */
export interface ConfigVersionDiffTo {
  /** Counts the writes of the key, deletes too. It never goes back. */
  version: number;
  /** Null: there is no content, because the version is a deletion, or 0. */
  content_sha256: string | null;
}

/** The input of `client.configs.rollback`. */
export interface RollbackConfigInput {
  /** The project. */
  project_id: string;
  /** Unique in the project. */
  key: string;
  /** The version whose content comes back. */
  version: number;
  /** The version that the change is made from; 0: the key has no value. It or If-Match is required. */
  expected_version?: number | undefined;
  /** Why, for the history. */
  reason?: string | undefined;
  /** Writes also what a program that reads the key does not accept. The event names the programs. */
  ignore_readers?: boolean | undefined;
}

/** The input of `client.configs.list`. */
export interface ListConfigsInput {
  /** The project. */
  project_id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** Only keys that begin with it. */
  prefix?: string | undefined;
  /** Only content that is checked against this schema. */
  schema_id?: string | undefined;
  /** Only content that contains this JSON, as `@>` of PostgreSQL has it: `{"a":1}` finds `{"a":1,"b":2}`. */
  contains?: string | undefined;
  /** False: the rows come without their content. */
  content?: boolean | undefined;
  /** The state to read: its cursor, or a time (RFC 3339), for the last state at or before it. Absent: now. */
  at?: string | undefined;
}

/** A page of configurations. */
export interface ConfigPage {
  /** The rows of this page. */
  items: ListedConfig[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
  /** The state that all pages of the list are of. */
  state: string;
}

/** The value of a key, in a list. */
export interface ListedConfig {
  /** The project that it belongs to. */
  project_id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The key. */
  key: string;
  /** Counts the writes of the key, deletes too. It never goes back. */
  version: number;
  /** Any JSON. Absent with `content=false`. */
  content?: unknown | undefined;
  /** SHA-256 of the content in the form of RFC 8785. */
  content_sha256: string;
  /** The schema that the content is checked against; null: none. */
  schema_id: string | null;
  /** Its version. */
  schema_version: number | null;
  /** Who wrote it. */
  updated_by: ConfigAuthor;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** The state in which it got this version; opaque. */
  cursor: string;
}

/** The input of `client.configs.listOfTenant`. */
export interface ListTenantConfigsInput {
  /** The tenant. */
  tenant_id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** Only keys that begin with it. */
  prefix?: string | undefined;
  /** Only content that is checked against this schema. */
  schema_id?: string | undefined;
  /** Only content that contains this JSON, as `@>` of PostgreSQL has it: `{"a":1}` finds `{"a":1,"b":2}`. */
  contains?: string | undefined;
  /** False: the rows come without their content. */
  content?: boolean | undefined;
}

/** A page of configurations of several projects. */
export interface TenantConfigPage {
  /** The rows of this page. */
  items: ListedConfig[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** The input of `client.configs.diffProject`. */
export interface GetConfigDiffInput {
  /** The project. */
  project_id: string;
  /** A state: its cursor, or a time (RFC 3339), for the last state at or before it. */
  from: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** The other state; absent: the current one. */
  to?: string | undefined;
  /** Only keys that begin with it. */
  prefix?: string | undefined;
}

/** A page of what differs between two states. */
export interface ConfigDiffPage {
  /** The rows of this page. */
  items: ConfigDifference[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
  /** The state that `from` named. */
  from: string;
  /** The state that `to` named. */
  to: string;
}

/** A key whose value differs between two states. */
export interface ConfigDifference {
  /** The key. */
  key: string;
  /** What `to` has that `from` has not. Others may come. */
  change: 'created' | 'updated' | 'deleted';
  /** Null: the key has no value there. */
  from: ConfigDiffSide | null;
  /** Null: the key has no value there. */
  to: ConfigDiffSide | null;
  /** Makes the content of `to` out of that of `from`; null unless both have at most 32 KiB. */
  patch: ConfigPatchOperation[] | null;
}

/** A value, without its content. */
export interface ConfigDiffSide {
  /** Counts the writes of the key, deletes too. It never goes back. */
  version: number;
  /** SHA-256 of the content in the form of RFC 8785. */
  content_sha256: string;
  /** The schema that it is checked against; null: none. */
  schema_id: string | null;
  /** Its version. */
  schema_version: number | null;
}

/** An operation of a JSON Patch (RFC 6902). */
export interface ConfigPatchOperation {
  /** Others may come. */
  op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  /** A JSON pointer (RFC 6901). */
  path: string;
  /** Of `move` and `copy`. */
  from?: string | undefined;
  /** Of `add`, `replace` and `test`. */
  value?: unknown | undefined;
}

/** The input of `client.configs.export`. */
export interface ExportConfigsInput {
  /** The project. */
  project_id: string;
  /** The state to read: its cursor, or a time (RFC 3339), for the last state at or before it. Absent: now. */
  at?: string | undefined;
  /** Only keys that begin with it. */
  prefix?: string | undefined;
}

/** A key with its content, as a line of an export has it. */
export interface ConfigImportItem {
  /** Unique in the project. */
  key: string;
  /** Any JSON, at most 256 KiB. */
  content: unknown;
  /** Checks the content against this schema from now on; null: against none. Absent: as before. */
  schema_id?: string | null | undefined;
  /** The version of the schema; absent or null beside a `schema_id`: its latest one. */
  schema_version?: number | null | undefined;
}

/** The input of `client.configs.import`. */
export interface ImportConfigsInput {
  /** The project. */
  project_id: string;
  /** Tells the plan, and writes nothing. */
  dry_run?: boolean | undefined;
  /** Lines of an export, or others like them. */
  items: ConfigImportItem[];
  /** Deletes the keys that no item names. */
  prune?: boolean | undefined;
  /** With `prune`: deletes only keys that begin with it. */
  prune_prefix?: string | undefined;
  /** Why, for the history. */
  reason?: string | undefined;
  /** Writes also what a program that reads the key does not accept. The event names the programs. */
  ignore_readers?: boolean | undefined;
}

/** The plan of an import, and what of it was written. */
export interface ImportedConfigs {
  /** Nothing was written, as it was asked for. */
  dry_run: boolean;
  /** False: some of it was not written. See `stopped`, and import again. */
  complete: boolean;
  /** The state after the last write. */
  cursor: string;
  /** Items of the plan by action. */
  counts: ImportedConfigsCounts;
  /** The items in their order, then the keys that are deleted. */
  items: ConfigImportPlanItem[];
  /** Of a dry run: why items are invalid, the first 20 mistakes. */
  errors: ConfigImportMistake[];
  /** Why a later step was not written; null: nothing stopped it. */
  stopped: ConfigImportStop | null;
}

/** Items of the plan by action. */
export interface ImportedConfigsCounts {
  /** Items that have no value yet. */
  create: number;
  /** Items that get another value. */
  update: number;
  /** Items that have the value already. */
  unchanged: number;
  /** Items that lose their value. */
  delete: number;
  /** Items that cannot be imported. */
  invalid: number;
}

/** What an import does with a key. */
export interface ConfigImportPlanItem {
  /** The key. */
  key: string;
  /** What the import does with the key; an `invalid` item stands in the plan of a dry run alone. Others may come. */
  action: 'create' | 'update' | 'unchanged' | 'delete' | 'invalid';
  /** That the key has afterwards; null of an invalid item. */
  version: number | null;
  /** False of what did not have to be written, or was not. */
  written: boolean;
}

/** Why an item is invalid. */
export interface ConfigImportMistake {
  /** Where (RFC 6901). */
  pointer: string;
  /** What is wrong there. */
  message: string;
}

/** Where an import stopped. */
export interface ConfigImportStop {
  /** The first key, in the order of keys, that may not have been written. */
  key: string;
  /** The code of the error: `version_conflict` when a key was changed meanwhile. */
  code: string;
}

/** The input of `client.configs.registerReader`. */
export interface RegisterConfigReaderInput {
  /** The project. */
  project_id: string;
  /** Unique in the project. */
  key: string;
  /** Names the program. */
  reader: string;
  /** JSON Schema 2020-12, an object or a boolean, that refers to nothing outside of itself; at most 64 KiB. */
  schema: unknown;
}

/** The input of `client.configs.listReaders`. */
export interface ListConfigReadersInput {
  /** The project. */
  project_id: string;
  /** Unique in the project. */
  key: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
}

/** A page of readers of a key. */
export interface ConfigReaderPage {
  /** The rows of this page. */
  items: ConfigReader[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** A program that reads a key, and what it expects. */
export interface ConfigReader {
  /** Names the program. */
  reader: string;
  /** When it last said what it expects. */
  seen_at: string;
  /** What it expects of the content: JSON Schema 2020-12. */
  schema: unknown;
}
