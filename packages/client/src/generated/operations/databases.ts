/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions } from '../../calls/options.ts';
import type { List } from '../../list.ts';
import type { Result } from '../../result.ts';
import type {
  CreateDatabaseInput,
  Database,
  DatabaseConnection,
  DatabaseEventPage,
  DatabaseOrphanPage,
  DatabasePage,
  DatabaseTierList,
  DeleteDatabaseInput,
  GetDatabaseConnectionInput,
  GetDatabaseInput,
  ListDatabaseEventsInput,
  ListDatabaseOrphansInput,
  ListDatabasesInput,
  ListDatabaseTiersInput,
  RetryDatabaseInput,
  RotateDatabaseInput,
  UpdateDatabaseInput,
} from '../schemas/databases.ts';

/** The operations of `client.databases`. */
export interface DatabasesOperations {
  /**
   * Order a database.
   *
   * The database is made after the answer: read it until it is `ready`, or follow the events. Its name can be ordered
   * again once it is deleted.
   *
   * Requires the permission `databases:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:databases:write`. In a project it is also held by the level admin there.
   */
  create(input: CreateDatabaseInput, options?: MutationOptions): Result<Database>;
  /**
   * List databases.
   *
   * Newest first. Deleted ones are left out unless `include_deleted` or the status `deleted` asks for them. Those of
   * frozen and archived tenants are shown too.
   *
   * Requires the permission `databases:read`. It is held by the roles operator, support, admin, member; API keys with
   * the scope `registry:databases:read`. In a project it is also held by the level viewer there.
   */
  list(input?: ListDatabasesInput, options?: QueryOptions): List<DatabasePage>;
  /**
   * Get a database.
   *
   * By id, deleted or not. The ETag leaves out `attempts`, `error_message` and `next_reconcile_at`, which move with
   * each pass.
   *
   * Requires the permission `databases:read`. It is held by the roles operator, support, admin, member; API keys with
   * the scope `registry:databases:read`. In a project it is also held by the level viewer there.
   */
  get(input: GetDatabaseInput, options?: QueryOptions): Result<Database>;
  /**
   * Change a database.
   *
   * Absent fields stay as they are. With `tier` it is specified anew from that tier as it is now, with the overrides
   * given or those that it has. What changes is done after the answer: `in_sync` says when.
   *
   * Requires the permission `databases:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:databases:write`. In a project it is also held by the level admin there.
   */
  update(input: UpdateDatabaseInput, options?: MutationOptions): Result<Database>;
  /**
   * Delete a database.
   *
   * It is `deleting` until nothing that has to go is left, however long that takes; asked again, nothing changes. It
   * goes through in a frozen and in an archived tenant too.
   *
   * Requires the permission `databases:delete`. It is held by the roles operator, admin.
   */
  delete(input: DeleteDatabaseInput, options?: MutationOptions): Result<Database>;
  /**
   * Try again now.
   *
   * The database is looked at now. One in `error` starts again, with its whole time to become ready; a lost one only
   * with `accept_data_loss`, as an empty database.
   *
   * Requires the permission `databases:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:databases:write`. In a project it is also held by the level admin there.
   */
  retry(input: RetryDatabaseInput, options?: MutationOptions): Result<Database>;
  /**
   * Rotate the credentials.
   *
   * The secret gets the user and the password of the other login once that is proved to work; the old login goes on for
   * `grace_seconds` from then on. No answer ever shows a password.
   *
   * Requires the permission `databases:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:databases:write`. In a project it is also held by the level admin there.
   */
  rotate(input: RotateDatabaseInput, options?: MutationOptions): Result<Database>;
  /**
   * Get how to connect.
   *
   * Host, port, and where user and password are. It has no password.
   *
   * Requires the permission `databases:read`. It is held by the roles operator, support, admin, member; API keys with
   * the scope `registry:databases:read`. In a project it is also held by the level viewer there.
   */
  connection(input: GetDatabaseConnectionInput, options?: QueryOptions): Result<DatabaseConnection>;
  /**
   * List what happened to a database.
   *
   * Newest first, from its order on, as the audit log has it.
   *
   * Requires the permission `databases:read`. It is held by the roles operator, support, admin, member; API keys with
   * the scope `registry:databases:read`. In a project it is also held by the level viewer there.
   */
  events(input: ListDatabaseEventsInput, options?: QueryOptions): List<DatabaseEventPage>;
  /**
   * List what can be ordered.
   *
   * Every tier with its spec, and with what an order may choose otherwise.
   *
   * Requires the permission `databases:read`. It is held by the roles operator, support, admin, member; API keys with
   * the scope `registry:databases:read`.
   */
  tiers(input?: ListDatabaseTiersInput, options?: QueryOptions): Result<DatabaseTierList>;
  /**
   * List what belongs to no live database.
   *
   * Whatever carries the mark of this registry in the world of a provisioner and belongs to no database that is not
   * deleted. The registry takes none of it away.
   *
   * Requires the permission `databases:survey`. It is held by the roles operator, support.
   */
  orphans(input: ListDatabaseOrphansInput, options?: QueryOptions): List<DatabaseOrphanPage>;
}
