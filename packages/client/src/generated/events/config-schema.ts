/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { EventEnvelope } from './access.ts';

/** A schema of configurations was created. */
export interface ConfigSchemaCreatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'config_schema.created';
  /** What `config_schema.created` tells. */
  data: ConfigSchemaCreatedData;
}

/** What `config_schema.created` tells. */
export interface ConfigSchemaCreatedData {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The name, for people. */
  name: string;
  /** For people to read. */
  description: string | null;
  /** The latest version. */
  version: number;
  /** SHA-256 of the JSON of that version, as it is stored. */
  sha256: string;
}

/** A schema of configurations was deleted. */
export interface ConfigSchemaDeletedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'config_schema.deleted';
  /** What `config_schema.deleted` tells. */
  data: ConfigSchemaDeletedData;
}

/** What `config_schema.deleted` tells. */
export interface ConfigSchemaDeletedData extends ConfigSchemaCreatedData {}

/** Name or description of a schema of configurations changed. */
export interface ConfigSchemaUpdatedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'config_schema.updated';
  /** What `config_schema.updated` tells. */
  data: ConfigSchemaUpdatedData;
}

/** What `config_schema.updated` tells. */
export interface ConfigSchemaUpdatedData extends ConfigSchemaCreatedData {}

/** A schema of configurations got another version; no configuration was moved to it. */
export interface ConfigSchemaVersionAddedEvent extends EventEnvelope {
  /** The type of the event. */
  type: 'config_schema.version_added';
  /** What `config_schema.version_added` tells. */
  data: ConfigSchemaVersionAddedData;
}

/** What `config_schema.version_added` tells. */
export interface ConfigSchemaVersionAddedData extends ConfigSchemaCreatedData {}
