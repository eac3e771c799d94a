/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */

/** The input of `client.configSchemas.create`. */
export interface CreateConfigSchemaInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Unique in the tenant. */
  name: string;
  /** For people to read. */
  description?: string | null | undefined;
  /** JSON Schema 2020-12, an object or a boolean, that refers to nothing outside of itself; at most 64 KiB. */
  content: unknown;
}

/** A schema that configurations are checked against. */
export interface ConfigSchema {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The name, for people. */
  name: string;
  /** For people to read. */
  description: string | null;
  /** The newest version; versions begin with 1. */
  latest_version: number;
  /** Who wrote it. */
  created_by: ConfigAuthor;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
  /** The latest version: JSON Schema 2020-12. */
  content: unknown;
}

/** Who wrote it. */
export interface ConfigAuthor {
  /** The kind of caller. */
  type: string;
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The name, for people. */
  name: string;
}

/** The input of `client.configSchemas.list`. */
export interface ListConfigSchemasInput {
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** A project of the tenant: a level in it suffices to read the schemas of the tenant. */
  project_id?: string | undefined;
}

/** A page of schemas. */
export interface ConfigSchemaPage {
  /** The rows of this page. */
  items: ListedConfigSchema[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** A schema of configurations, without its content. */
export interface ListedConfigSchema {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** The name, for people. */
  name: string;
  /** For people to read. */
  description: string | null;
  /** The newest version; versions begin with 1. */
  latest_version: number;
  /** Who wrote it. */
  created_by: ConfigAuthor;
  /** When it was created. */
  created_at: string;
  /** When it last changed. */
  updated_at: string;
}

/** The input of `client.configSchemas.get`. */
export interface GetConfigSchemaInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** A project of the tenant: a level in it suffices to read the schemas of the tenant. */
  project_id?: string | undefined;
}

/** The input of `client.configSchemas.update`. */
export interface UpdateConfigSchemaInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Unique in the tenant. */
  name?: string | undefined;
  /** For people to read. */
  description?: string | null | undefined;
}

/** The input of `client.configSchemas.delete`. */
export interface DeleteConfigSchemaInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
}

/** The input of `client.configSchemas.addVersion`. */
export interface AddConfigSchemaVersionInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** JSON Schema 2020-12, an object or a boolean, that refers to nothing outside of itself; at most 64 KiB. */
  content: unknown;
  /** Adds the version without trying it on the configurations that are checked against the schema. */
  breaking?: boolean | undefined;
}

/** A version of a schema; it never changes. */
export interface ConfigSchemaVersion {
  /** The schema. */
  schema_id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Counts on from 1. */
  version: number;
  /** Who wrote it. */
  created_by: ConfigAuthor;
  /** When it was created. */
  created_at: string;
  /** JSON Schema 2020-12, an object or a boolean, that refers to nothing outside of itself; at most 64 KiB. */
  content: unknown;
}

/** The input of `client.configSchemas.listVersions`. */
export interface ListConfigSchemaVersionsInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** Items at most. A page also ends at 1 MiB, with at least one item and a `next_cursor`. */
  limit?: number | undefined;
  /** `next_cursor` of the page before, for the same filters. */
  cursor?: string | undefined;
  /** A project of the tenant: a level in it suffices to read the schemas of the tenant. */
  project_id?: string | undefined;
}

/** A page of versions of a schema. */
export interface ConfigSchemaVersionPage {
  /** The rows of this page. */
  items: ListedConfigSchemaVersion[];
  /** Send it as `cursor` to get the next page; null on the last one. */
  next_cursor: string | null;
}

/** A version of a schema, without its content. */
export interface ListedConfigSchemaVersion {
  /** The schema. */
  schema_id: string;
  /** The tenant that it belongs to. */
  tenant_id: string;
  /** Counts on from 1. */
  version: number;
  /** Who wrote it. */
  created_by: ConfigAuthor;
  /** When it was created. */
  created_at: string;
}

/** The input of `client.configSchemas.getVersion`. */
export interface GetConfigSchemaVersionInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** A version of the schema. */
  version: number;
  /** A project of the tenant: a level in it suffices to read the schemas of the tenant. */
  project_id?: string | undefined;
}

/** The input of `client.configSchemas.check`. */
export interface CheckConfigContentInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** A project of the tenant: a level in it suffices to read the schemas of the tenant. */
  project_id?: string | undefined;
  /** Any JSON, at most 256 KiB. */
  content: unknown;
  /** Absent: the latest one. */
  version?: number | undefined;
}

/** Whether a content is valid by a schema. */
export interface ConfigSchemaVerdict {
  /** Whether the schema accepts the content. */
  valid: boolean;
  /** Where it is not valid, as JSON pointers. */
  errors: ConfigSchemaMistake[];
}

/** A place where a content is not valid. */
export interface ConfigSchemaMistake {
  /** A JSON pointer (RFC 6901). */
  pointer: string;
  /** For people to read. */
  message: string;
}

/** The input of `client.configSchemas.adopt`. */
export interface AdoptConfigSchemaVersionInput {
  /** The id: a UUID that sorts by time of creation. */
  id: string;
  /** A version of the schema. */
  version: number;
}

/** What became of the configurations of a schema. */
export interface ConfigSchemaAdoption {
  /** Configurations that were moved to the version. */
  adopted: number;
  /** Configurations that changed after they were tried: not moved. */
  changed_meanwhile: ConfigName[];
  /** Configurations that there was no time for: call again. */
  remaining: number;
}

/** A configuration, by its project and key. */
export interface ConfigName {
  /** The project that it belongs to. */
  project_id: string;
  /** Unique in the project. */
  key: string;
}
