/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */

/** The input of `client.databases.create`. */
export interface CreateDatabaseInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The project that it is for. Absent: the tenant. */
  project_id?: string | null | undefined;
  /** Unique among the databases of the tenant that are not deleted. It never changes. */
  name: string;
  /** The slug of the group of the tenant that the database belongs to. */
  owner_team: string;
  /** What it is for. */
  purpose?: string | undefined;
  /** How it is built: one of `GET /v1/database-tiers`. */
  tier: string;
  /** Absent: the first namespace of the tier. */
  namespace?: string | undefined;
  /** What differs from the tier, as far as the tier allows it. */
  overrides?: CreateDatabaseInputOverrides | undefined;
  /** Absent: the policy of the tier. */
  deletion_policy?: 'retain' | 'destroy' | undefined;
  /** While true, no deletion is taken. */
  deletion_protection?: boolean | undefined;
}

/** What differs from the tier, as far as the tier allows it. */
export interface CreateDatabaseInputOverrides {
  /** Instead of the number of the tier. */
  instances?: number | undefined;
  /** Instead of the quantity of the tier. */
  cpu?: string | undefined;
  /** Instead of the quantity of the tier. */
  memory?: string | undefined;
  /** Instead of the quantity of the tier. */
  storage?: string | undefined;
  /** Instead of the number of the tier. */
  connections?: number | undefined;
}

/** A PostgreSQL database that is kept as it was ordered. */
export interface Database {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The project that it is for; null: the tenant. */
  project_id: string | null;
  /** Unique among the databases of the tenant that are not deleted. It never changes. */
  name: string;
  /** The slug of the group of the tenant that the database belongs to. */
  owner_team: string;
  /** What it is for. */
  purpose: string;
  /** How it is built: one of `GET /v1/database-tiers`. */
  tier: string;
  /** Who makes it. */
  provisioner: string;
  /** Where it is made: one of the namespaces of the tier. It never changes. */
  namespace: string;
  /** Its name where it is made. */
  cluster_name: string;
  /** The name of the pooler in front of it. */
  pooler_name: string;
  /** How it is built: its tier at the last change, with its overrides. */
  spec: DatabaseSpec;
  /** Counts the changes of what is wanted. */
  generation: number;
  /** Whether it can be used: `ready`. A failure that waits for a person, or for time, is `error`. Others may come. */
  status: 'provisioning' | 'ready' | 'error' | 'deleting' | 'deleted';
  /** Why the database is where it is. Others may come. */
  reason:
    | 'queued'
    | 'applying'
    | 'waiting_for_database'
    | 'waiting_for_pooler'
    | 'waiting_for_credentials'
    | 'provisioner_unavailable'
    | 'healthy'
    | 'changing'
    | 'degraded'
    | 'asleep'
    | 'timed_out'
    | 'refused'
    | 'conflict'
    | 'lost'
    | 'unrecoverable'
    | 'removing'
    | 'waiting_for_finalizer'
    | 'destroyed'
    | 'retained'
    | 'abandoned';
  /** What is waited for, or what a person has to do; null when there is nothing to say. */
  message: string | null;
  /** When status or reason last changed. */
  since: string;
  /** Whether everything is as ordered; a database can be used while a change is under way. */
  in_sync: boolean;
  /** What the provisioner tells of it. */
  conditions: DatabaseCondition[];
  /** Where clients connect; null until it is ready. */
  host: string | null;
  /** The port there. */
  port: number | null;
  /** The secret with the credentials: the registry keeps no password. */
  secret_name: string | null;
  /**
   * What a deletion does: `retain` closes all logins and keeps the data, which is listed as an orphan; `destroy`
   * removes everything. Others may come.
   */
  deletion_policy: 'retain' | 'destroy' | 'abandon';
  /** While true, no deletion is taken. */
  deletion_protection: boolean;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** When nothing was left of it, or it was given up. */
  deleted_at: string | null;
  /** What differs from the tier, as far as the tier allows it. */
  overrides: DatabaseOverrides;
  /** Failed passes in a row. */
  attempts: number;
  /** Why the last pass failed; null after one that did not. */
  error_message: string | null;
  /** When it is looked at next; null while it is ready and in sync. */
  next_reconcile_at: string | null;
  /** Until when the login before the last rotation works; null when only one does. */
  old_login_until: string | null;
  /** What can be done with it now. */
  allowed: ('update' | 'retry' | 'rotate' | 'connect' | 'delete')[];
}

/** How a database is built. */
export interface DatabaseSpec {
  /** Servers that hold the data: one writes, the others follow. */
  instances: number;
  /** Of each instance. */
  cpu: string;
  /** Of each instance. */
  memory: string;
  /** Of each instance. It never shrinks. */
  storage: string;
  /** The image that runs; null: the one of the provisioner. */
  image: string | null;
  /** Settings of PostgreSQL, by name. */
  parameters: Record<string, string>;
  /** Connections that clients may have at once. */
  connections: number;
  /** The pooler in front of the database, where the provisioner has one. */
  pool: DatabaseSpecPool;
  /** Six fields of cron, seconds first; null: no backups by schedule. */
  backup_schedule: string | null;
  /** Extensions that the database has. */
  extensions: string[];
}

/** The pooler in front of the database, where the provisioner has one. */
export interface DatabaseSpecPool {
  /** How long a client keeps its connection. Others may come. */
  mode: 'session' | 'transaction';
  /** Poolers in front of the database. */
  instances: number;
}

/** A fact as the provisioner tells it. */
export interface DatabaseCondition {
  /** What is told. */
  type: string;
  /** Whether it holds: `True`, `False` or `Unknown`. */
  status: string;
  /** Why, as a word. */
  reason: string | null;
  /** Why, for people. */
  message: string | null;
}

/** What differs from the tier, as far as the tier allows it. */
export interface DatabaseOverrides {
  /** Instead of the number of the tier. */
  instances?: number | undefined;
  /** Instead of the quantity of the tier. */
  cpu?: string | undefined;
  /** Instead of the quantity of the tier. */
  memory?: string | undefined;
  /** Instead of the quantity of the tier. */
  storage?: string | undefined;
  /** Instead of the number of the tier. */
  connections?: number | undefined;
}

/** The input of `client.databases.list`. */
export interface ListDatabasesInput {
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** Only the databases of this tenant. */
  tenant_id?: string | undefined;
  /** Only the databases of this project. */
  project_id?: string | undefined;
  /** Only the databases of this team. */
  owner_team?: string | undefined;
  /** Only databases in this status; `deleted` shows deleted ones. */
  status?: 'provisioning' | 'ready' | 'error' | 'deleting' | 'deleted' | undefined;
  /** Only databases of this tier. */
  tier?: string | undefined;
  /** Only databases whose name contains it. */
  q?: string | undefined;
  /** Deleted databases too. */
  include_deleted?: boolean | undefined;
}

/** A page of databases. */
export interface DatabasePage {
  /** The rows of this page. */
  items: Database[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** The input of `client.databases.get`. */
export interface GetDatabaseInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.databases.update`. */
export interface UpdateDatabaseInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The slug of the group of the tenant that the database belongs to. */
  owner_team?: string | undefined;
  /** What it is for. */
  purpose?: string | undefined;
  /** Another tier, or the same one as it is now. */
  tier?: string | undefined;
  /** In place of all overrides there are. */
  overrides?: UpdateDatabaseInputOverrides | undefined;
  /**
   * What a deletion does: `retain` closes all logins and keeps the data, which is listed as an orphan; `destroy`
   * removes everything.
   */
  deletion_policy?: 'retain' | 'destroy' | undefined;
  /** While true, no deletion is taken. */
  deletion_protection?: boolean | undefined;
}

/** In place of all overrides there are. */
export interface UpdateDatabaseInputOverrides {
  /** Instead of the number of the tier. */
  instances?: number | undefined;
  /** Instead of the quantity of the tier. */
  cpu?: string | undefined;
  /** Instead of the quantity of the tier. */
  memory?: string | undefined;
  /** Instead of the quantity of the tier. */
  storage?: string | undefined;
  /** Instead of the number of the tier. */
  connections?: number | undefined;
}

/** The input of `client.databases.delete`. */
export interface DeleteDatabaseInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The name of the database. */
  confirm: string;
  /** Absent: the deletion_policy of the database. */
  policy?: 'retain' | 'destroy' | undefined;
  /** For operators: its provisioner is gone for good, so only the row is closed. */
  abandon?: boolean | undefined;
}

/** The input of `client.databases.retry`. */
export interface RetryDatabaseInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Of a lost database: an empty one is made in its place. */
  accept_data_loss?: boolean | undefined;
}

/** The input of `client.databases.rotate`. */
export interface RotateDatabaseInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** How long the old login works beside the new one. 0 ends its sessions at once. */
  grace_seconds?: number | undefined;
}

/** The input of `client.databases.connection`. */
export interface GetDatabaseConnectionInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** How to connect, without a password. */
export interface DatabaseConnection {
  /** Where clients connect. */
  host: string;
  /** The port there. */
  port: number;
  /** The `sslmode` of libpq that fits. Others may come. */
  sslmode: 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';
  /** Where user and password are. They change with each rotation: read them at each connect. */
  secret: DatabaseConnectionSecret;
}

/** Where user and password are. They change with each rotation: read them at each connect. */
export interface DatabaseConnectionSecret {
  /** A Secret of Kubernetes, or a folder with a file for each key. Others may come. */
  kind: 'kubernetes' | 'directory';
  /** Of the Secret; of a folder, where it lies. */
  namespace: string;
  /** Its name. */
  name: string;
  /** What is in it. */
  keys: string[];
}

/** The input of `client.databases.events`. */
export interface ListDatabaseEventsInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
}

/** A page of what happened to a database. */
export interface DatabaseEventPage {
  /** The rows of this page. */
  items: DatabaseEvent[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** One thing that happened to a database. */
export interface DatabaseEvent {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** What happened. */
  type: string;
  /** The reason at that moment. */
  reason: string | null;
  /** What was said of it. */
  message: string | null;
  /** Who did it. */
  actor: string | null;
  /** When it happened. */
  occurred_at: string;
}

/** The input of `client.databases.tiers`. */
export type ListDatabaseTiersInput = Record<string, never>;

/** What can be ordered. */
export interface DatabaseTierList {
  /** Every tier, in the order of the file. */
  items: DatabaseTier[];
}

/** A way to build databases that can be ordered. */
export interface DatabaseTier {
  /** Its name. */
  name: string;
  /** What it is for. */
  description: string;
  /** Who makes its databases. */
  provisioner: string;
  /** How a database is built. */
  spec: DatabaseSpec;
  /** What an order may choose otherwise, within bounds. */
  overrides: DatabaseTierOverrides;
  /** Where its databases can be made; the first one unless an order says otherwise. */
  namespaces: string[];
  /** Databases of the tier that a tenant may have; 0: no limit. */
  max_per_tenant: number;
  /** After so long without becoming ready, its database is in error. */
  provision_timeout_s: number;
  /**
   * What a deletion does: `retain` closes all logins and keeps the data, which is listed as an orphan; `destroy`
   * removes everything. Others may come.
   */
  deletion_policy: 'retain' | 'destroy';
}

/** What an order may choose otherwise, within bounds. */
export interface DatabaseTierOverrides {
  /** What may be chosen, both bounds included. */
  instances?: DatabaseTierOverridesInstances | undefined;
  /** What may be chosen, both bounds included. */
  cpu?: DatabaseTierOverridesCpu | undefined;
  /** What may be chosen, both bounds included. */
  memory?: DatabaseTierOverridesMemory | undefined;
  /** What may be chosen, both bounds included. */
  storage?: DatabaseTierOverridesStorage | undefined;
  /** What may be chosen, both bounds included. */
  connections?: DatabaseTierOverridesConnections | undefined;
}

/** What may be chosen, both bounds included. */
export interface DatabaseTierOverridesInstances {
  /** The least; null: no bound. */
  min: number | null;
  /** The most; null: no bound. */
  max: number | null;
}

/** What may be chosen, both bounds included. */
export interface DatabaseTierOverridesCpu {
  /** The least; null: no bound. */
  min: string | null;
  /** The most; null: no bound. */
  max: string | null;
}

/** What may be chosen, both bounds included. */
export interface DatabaseTierOverridesMemory {
  /** The least; null: no bound. */
  min: string | null;
  /** The most; null: no bound. */
  max: string | null;
}

/** What may be chosen, both bounds included. */
export interface DatabaseTierOverridesStorage {
  /** The least; null: no bound. */
  min: string | null;
  /** The most; null: no bound. */
  max: string | null;
}

/** What may be chosen, both bounds included. */
export interface DatabaseTierOverridesConnections {
  /** The least; null: no bound. */
  min: number | null;
  /** The most; null: no bound. */
  max: number | null;
}

/** The input of `client.databases.orphans`. */
export interface ListDatabaseOrphansInput {
  /** Whose world is looked at. */
  provisioner: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
}

/** A page of orphans. */
export interface DatabaseOrphanPage {
  /** The rows of this page. */
  items: DatabaseOrphan[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** Something that carries the mark of the registry and belongs to no live database. */
export interface DatabaseOrphan {
  /** The database in its mark. */
  database_id: string;
  /** The tenant of that database; null when the registry has no row of it. */
  tenant_id: string | null;
  /** Where it is. */
  namespace: string;
  /** What it is. */
  kind: string;
  /** Its name there. */
  name: string;
  /**
   * Its deletion kept the data; no database of the registry is meant by its mark; or it should be gone. Others may
   * come.
   */
  why: 'retained' | 'no_row' | 'deleted';
}
