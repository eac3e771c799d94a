/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions, WaitOptions } from '../../calls/options.ts';
import type { List } from '../../list.ts';
import type { Result } from '../../result.ts';
import type {
  Config,
  ConfigDiffPage,
  ConfigImportItem,
  ConfigPage,
  ConfigReaderPage,
  ConfigRevision,
  ConfigValidation,
  ConfigVersionDiff,
  CreateConfigInput,
  DeleteConfigInput,
  DiffConfigInput,
  ExportConfigsInput,
  GetConfigDiffInput,
  GetConfigInput,
  GetConfigRevisionInput,
  ImportConfigsInput,
  ImportedConfigs,
  ListConfigReadersInput,
  ListConfigRevisionsInput,
  ListConfigRevisionsOutput,
  ListConfigsInput,
  ListTenantConfigsInput,
  PutConfigInput,
  RegisterConfigReaderInput,
  RollbackConfigInput,
  TenantConfigPage,
  ValidateConfigInput,
} from '../schemas/configs.ts';

/** The operations of `client.configs`. */
export interface ConfigsOperations {
  /**
   * Get a configuration.
   *
   * The current value of the key: every write that was answered before is in it.
   *
   * Requires the permission `configs:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:configs:read`. In a project it is also held by the level viewer there.
   */
  get(input: GetConfigInput, options?: QueryOptions): Result<Config>;
  /**
   * Set a configuration.
   *
   * Gives the key this content, as a new version. `expected_version` or If-Match says which version the change is made
   * from, so that no change of another writer is overwritten unseen; `expected_version: 0` creates, and `If-Match: *`
   * overwrites. Equal content changes nothing. The content is checked against the schema of the key.
   *
   * Requires the permission `configs:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:configs:write`. In a project it is also held by the level editor there.
   */
  put(input: PutConfigInput, options?: MutationOptions): Result<Config>;
  /**
   * Create a configuration.
   *
   * Gives a key that has no value its first one.
   *
   * Requires the permission `configs:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:configs:write`. In a project it is also held by the level editor there.
   */
  create(input: CreateConfigInput, options?: MutationOptions): Result<Config>;
  /**
   * Delete a configuration.
   *
   * Takes the value away, as a new version: the history stays, and a rollback brings it back. `expected_version` or
   * If-Match is required.
   *
   * Requires the permission `configs:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:configs:write`. In a project it is also held by the level editor there.
   */
  delete(input: DeleteConfigInput, options?: MutationOptions): Result<void>;
  /**
   * Try a content.
   *
   * Tells whether the content is valid by the schema of the key, or by the one that is named, and what would change.
   * Nothing is written, and the key need not be there.
   *
   * Requires the permission `configs:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:configs:read`. In a project it is also held by the level viewer there.
   */
  validate(input: ValidateConfigInput, options?: WaitOptions): Result<ConfigValidation>;
  /**
   * List the versions of a configuration.
   *
   * Who wrote what when, and why; newest first. A deleted key has its history too. Contents come with `content=true`.
   *
   * Requires the permission `configs:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:configs:read`. In a project it is also held by the level viewer there.
   */
  listRevisions(input: ListConfigRevisionsInput, options?: QueryOptions): List<ListConfigRevisionsOutput>;
  /**
   * Get a version of a configuration.
   *
   * With its content. A version never changes.
   *
   * Requires the permission `configs:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:configs:read`. In a project it is also held by the level viewer there.
   */
  getRevision(input: GetConfigRevisionInput, options?: QueryOptions): Result<ConfigRevision>;
  /**
   * Compare two versions of a configuration.
   *
   * As a JSON Patch (RFC 6902). A version that is a deletion has no content: the patch then adds or removes the whole.
   * Where a patch would be long or costly, and for a minute after three costly ones of the tenant, one operation
   * replaces the whole.
   *
   * Requires the permission `configs:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:configs:read`. In a project it is also held by the level viewer there.
   */
  diff(input: DiffConfigInput, options?: QueryOptions): Result<ConfigVersionDiff>;
  /**
   * Bring an earlier content back.
   *
   * Gives the key the content of an earlier version, as a new version; also a deleted key. The content has to be valid
   * by the schema that the key has now. `expected_version` or If-Match is required.
   *
   * Requires the permission `configs:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:configs:write`. In a project it is also held by the level editor there.
   */
  rollback(input: RollbackConfigInput, options?: MutationOptions): Result<Config>;
  /**
   * List the configurations of a project.
   *
   * By key, in the order of its bytes. All pages are of one state, whatever is written meanwhile; `state` names it.
   * With `schema_id`, `contains` or a time in `at` the database is asked: where current values are kept in etcd, it may
   * be a moment behind them.
   *
   * Requires the permission `configs:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:configs:read`. In a project it is also held by the level viewer there.
   */
  list(input: ListConfigsInput, options?: QueryOptions): List<ConfigPage>;
  /**
   * List the configurations of a tenant.
   *
   * The current values of all its projects, by project and key; a key that is bound to a project finds those of its
   * project. Each page is of the moment at which it is read. The database is asked: where current values are kept in
   * etcd, it may be a moment behind them.
   *
   * Requires the permission `configs:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:configs:read`.
   */
  listOfTenant(input: ListTenantConfigsInput, options?: QueryOptions): List<TenantConfigPage>;
  /**
   * Compare two states of a project.
   *
   * The keys that have another version in `to` than in `from`, by key. A key that was deleted and made anew with equal
   * content is told too: it has another version. The database is asked: where current values are kept in etcd, it may
   * be a moment behind them.
   *
   * Requires the permission `configs:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:configs:read`. In a project it is also held by the level viewer there.
   */
  diffProject(input: GetConfigDiffInput, options?: QueryOptions): List<ConfigDiffPage>;
  /**
   * Export the configurations of a project.
   *
   * All values in one state, one key on each line (NDJSON), in the order of their bytes, sent while they are read. The
   * ETag is the quoted cursor of the state. The lines are items of an import. An answer that breaks off is not
   * complete. Over tRPC it is not available.
   *
   * Requires the permission `configs:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:configs:read`. In a project it is also held by the level viewer there.
   */
  export(input: ExportConfigsInput, options?: QueryOptions): AsyncIterable<ConfigImportItem>;
  /**
   * Import configurations into a project.
   *
   * Gives up to 1,000 keys their contents; the lines of an export are the items, as JSON. Every item is checked before
   * anything is written, and with `dry_run` nothing is. Content that a key has already is not written again, so an
   * import that is repeated changes nothing. The writes are made in the order of the keys, in steps of at most 60 keys
   * and 480 KiB, each all or nothing: when a later step fails, the answer says what was written, and a repetition does
   * the rest. A repetition with the Idempotency-Key of an import whose answer was lost writes no key twice: it tells
   * what was written, and does the rest; `prune` then spares what others have written since the import began.
   *
   * Requires the permission `configs:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:configs:write`. In a project it is also held by the level editor there.
   */
  import(input: ImportConfigsInput, options?: MutationOptions): Result<ImportedConfigs>;
  /**
   * Say what a program expects of a configuration.
   *
   * Keeps for seven days which content the program accepts, as a JSON Schema 2020-12. Within them a write of content
   * that it does not accept is refused with `breaks_readers`, unless the writer sends `ignore_readers`. Sent again, it
   * begins seven days anew. The key need not have a value. A key has 20 readers at most, a project 1,000.
   *
   * Requires the permission `configs:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:configs:read`. In a project it is also held by the level viewer there.
   */
  registerReader(input: RegisterConfigReaderInput, options?: MutationOptions): Result<void>;
  /**
   * List the readers of a configuration.
   *
   * The programs that said within seven days what they expect of the key, by name, the last one first.
   *
   * Requires the permission `configs:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:configs:read`. In a project it is also held by the level viewer there.
   */
  listReaders(input: ListConfigReadersInput, options?: QueryOptions): List<ConfigReaderPage>;
}
