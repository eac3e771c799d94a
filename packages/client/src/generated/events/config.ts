/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { EventEnvelope } from './access.ts';

/** A key got its first value, or one after it was deleted. */
export interface ConfigCreatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'config.created';
  /** What `config.created` tells. */
  data: ConfigCreatedData;
}

/** What `config.created` tells. */
export interface ConfigCreatedData {
  /** The project that it belongs to. */
  project_id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The key. */
  key: string;
  /** Counts the writes of the key, deletes too. It never goes back. */
  version: number;
  /** The version before; 0: there was none. */
  previous_version: number;
  /** SHA-256 of the content in the form of RFC 8785. */
  content_sha256: string | null;
  /** The schema that the content is checked against; null: none. */
  schema_id: string | null;
  /** Its version. */
  schema_version: number | null;
  /** Of a rollback: the version whose content came back. */
  source_version: number | null;
  /** Why, in the words of the writer. */
  reason: string | null;
  /** Readers that do not accept the content, and were ignored. */
  ignored_readers: string[];
}

/** A key was deleted; its history stays. */
export interface ConfigDeletedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'config.deleted';
  /** What `config.deleted` tells. */
  data: ConfigDeletedData;
}

/** What `config.deleted` tells. */
export interface ConfigDeletedData extends ConfigCreatedData {}

/** Versions are missing in the history of keys, because the database was restored from a backup. */
export interface ConfigHistoryShortenedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'config.history_shortened';
  /** What `config.history_shortened` tells. */
  data: ConfigHistoryShortenedData;
}

/** What `config.history_shortened` tells. */
export interface ConfigHistoryShortenedData {
  /** The project that it belongs to. */
  project_id: string;
  /** Null when the tenant was deleted. */
  tenant_id: string | null;
  /**
   * The database was restored from a backup, or the tenant was deleted before its last changes were in it. Others may
   * come.
   */
  cause: 'database_restored' | 'tenant_deleted';
  /** How many keys it is about. */
  keys: number;
  /** Some of them. */
  missing: ConfigHistoryShortenedDataMissingItem[];
}

/** Versions of a key that are missing. */
export interface ConfigHistoryShortenedDataMissingItem {
  /** The key. */
  key: string;
  /** The first version that is missing. */
  from_version: number;
  /** The last one. */
  to_version: number;
}

/** A key got the content of an earlier version back. */
export interface ConfigRolledBackEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'config.rolled_back';
  /** What `config.rolled_back` tells. */
  data: ConfigRolledBackData;
}

/** What `config.rolled_back` tells. */
export interface ConfigRolledBackData extends ConfigCreatedData {}

/** A key got another value, or another schema. */
export interface ConfigUpdatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'config.updated';
  /** What `config.updated` tells. */
  data: ConfigUpdatedData;
}

/** What `config.updated` tells. */
export interface ConfigUpdatedData extends ConfigCreatedData {}
