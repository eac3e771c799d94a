/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { DatabaseSpec } from '../schemas/databases.ts';
import type { EventEnvelope } from './access.ts';

/** A database sleeps with its tenant: its data is kept, and nobody gets in. */
export interface DatabaseAsleepEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'database.asleep';
  /** What `database.asleep` tells. */
  data: DatabaseAsleepData;
}

/** What `database.asleep` tells. */
export interface DatabaseAsleepData {
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
  conditions: DatabaseAsleepDataCondition[];
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
}

/** A fact as the provisioner tells it. */
export interface DatabaseAsleepDataCondition {
  /** What is told. */
  type: string;
  /** Whether it holds: `True`, `False` or `Unknown`. */
  status: string;
  /** Why, as a word. */
  reason: string | null;
  /** Why, for people. */
  message: string | null;
}

/** A database can be used again. */
export interface DatabaseAwakeEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'database.awake';
  /** What `database.awake` tells. */
  data: DatabaseAwakeData;
}

/** What `database.awake` tells. */
export interface DatabaseAwakeData extends DatabaseAsleepData {}

/** A database was ordered. */
export interface DatabaseCreatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'database.created';
  /** What `database.created` tells. */
  data: DatabaseCreatedData;
}

/** What `database.created` tells. */
export interface DatabaseCreatedData extends DatabaseAsleepData {}

/** A database is deleted, retained or abandoned: see reason. */
export interface DatabaseDeletedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'database.deleted';
  /** What `database.deleted` tells. */
  data: DatabaseDeletedData;
}

/** What `database.deleted` tells. */
export interface DatabaseDeletedData extends DatabaseAsleepData {}

/** A database is to be deleted. */
export interface DatabaseDeletionRequestedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'database.deletion_requested';
  /** What `database.deletion_requested` tells. */
  data: DatabaseDeletionRequestedData;
}

/** What `database.deletion_requested` tells. */
export interface DatabaseDeletionRequestedData extends DatabaseAsleepData {}

/** Something that had changed by itself was put back: see message. */
export interface DatabaseDriftRepairedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'database.drift_repaired';
  /** What `database.drift_repaired` tells. */
  data: DatabaseDriftRepairedData;
}

/** What `database.drift_repaired` tells. */
export interface DatabaseDriftRepairedData extends DatabaseAsleepData {}

/** A database was not ready in time, or only a person can go on. */
export interface DatabaseFailedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'database.failed';
  /** What `database.failed` tells. */
  data: DatabaseFailedData;
}

/** What `database.failed` tells. */
export interface DatabaseFailedData extends DatabaseAsleepData {}

/** The database is not there any more, or another one is in its place. Nothing was made instead. */
export interface DatabaseLostEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'database.lost';
  /** What `database.lost` tells. */
  data: DatabaseLostData;
}

/** What `database.lost` tells. */
export interface DatabaseLostData extends DatabaseAsleepData {}

/** The login before the last rotation is closed. */
export interface DatabaseOldLoginClosedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'database.old_login_closed';
  /** What `database.old_login_closed` tells. */
  data: DatabaseOldLoginClosedData;
}

/** What `database.old_login_closed` tells. */
export interface DatabaseOldLoginClosedData extends DatabaseAsleepData {}

/** A database can be used. */
export interface DatabaseReadyEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'database.ready';
  /** What `database.ready` tells. */
  data: DatabaseReadyData;
}

/** What `database.ready` tells. */
export interface DatabaseReadyData extends DatabaseAsleepData {}

/** Somebody asked for another try. */
export interface DatabaseRetriedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'database.retried';
  /** What `database.retried` tells. */
  data: DatabaseRetriedData;
}

/** What `database.retried` tells. */
export interface DatabaseRetriedData extends DatabaseAsleepData {}

/** The credentials of a database are those of another login. */
export interface DatabaseRotatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'database.rotated';
  /** What `database.rotated` tells. */
  data: DatabaseRotatedData;
}

/** What `database.rotated` tells. */
export interface DatabaseRotatedData extends DatabaseAsleepData {}

/** What is wanted of a database changed. */
export interface DatabaseUpdatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'database.updated';
  /** What `database.updated` tells. */
  data: DatabaseUpdatedData;
}

/** What `database.updated` tells. */
export interface DatabaseUpdatedData extends DatabaseAsleepData {}
