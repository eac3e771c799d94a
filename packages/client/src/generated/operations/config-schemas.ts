/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { MutationOptions, QueryOptions, WaitOptions } from '../../calls/options.ts';
import type { List } from '../../list.ts';
import type { Result } from '../../result.ts';
import type {
  AddConfigSchemaVersionInput,
  AdoptConfigSchemaVersionInput,
  CheckConfigContentInput,
  ConfigSchema,
  ConfigSchemaAdoption,
  ConfigSchemaPage,
  ConfigSchemaVerdict,
  ConfigSchemaVersion,
  ConfigSchemaVersionPage,
  CreateConfigSchemaInput,
  DeleteConfigSchemaInput,
  GetConfigSchemaInput,
  GetConfigSchemaVersionInput,
  ListConfigSchemasInput,
  ListConfigSchemaVersionsInput,
  UpdateConfigSchemaInput,
} from '../schemas/config-schemas.ts';

/** The operations of `client.configSchemas`. */
export interface ConfigSchemasOperations {
  /**
   * Create a schema.
   *
   * A JSON Schema 2020-12 that configurations of the tenant can be checked against. The content is its version 1. A
   * `$ref` may lead to places of the content itself alone.
   *
   * Requires the permission `config_schemas:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:config_schemas:write`.
   */
  create(input: CreateConfigSchemaInput, options?: MutationOptions): Result<ConfigSchema>;
  /**
   * List the schemas of a tenant.
   *
   * Newest first, without their content.
   *
   * Requires the permission `configs:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:configs:read`. In a project it is also held by the level viewer there.
   */
  list(input: ListConfigSchemasInput, options?: QueryOptions): List<ConfigSchemaPage>;
  /**
   * Get a schema.
   *
   * With the content of its latest version.
   *
   * Requires the permission `configs:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:configs:read`. In a project it is also held by the level viewer there.
   */
  get(input: GetConfigSchemaInput, options?: QueryOptions): Result<ConfigSchema>;
  /**
   * Change a schema.
   *
   * Absent fields stay as they are, null clears the description. The content changes by adding a version.
   *
   * Requires the permission `config_schemas:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:config_schemas:write`.
   */
  update(input: UpdateConfigSchemaInput, options?: MutationOptions): Result<ConfigSchema>;
  /**
   * Delete a schema.
   *
   * Refused while a configuration with a value is checked against any version of it. Its name is free again.
   *
   * Requires the permission `config_schemas:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:config_schemas:write`.
   */
  delete(input: DeleteConfigSchemaInput, options?: MutationOptions): Result<void>;
  /**
   * Add a version to a schema.
   *
   * A version never changes, and no configuration is moved to it: each stays checked against the version that it has.
   * The content is tried on every configuration that is checked against the schema, those of archived projects apart;
   * when one is not valid the version is refused, unless `breaking` is true. Content that is equal to the latest
   * version adds nothing. A schema has 100 versions at most.
   *
   * Requires the permission `config_schemas:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:config_schemas:write`.
   */
  addVersion(input: AddConfigSchemaVersionInput, options?: MutationOptions): Result<ConfigSchemaVersion>;
  /**
   * List the versions of a schema.
   *
   * Newest first, without their content.
   *
   * Requires the permission `configs:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:configs:read`. In a project it is also held by the level viewer there.
   */
  listVersions(input: ListConfigSchemaVersionsInput, options?: QueryOptions): List<ConfigSchemaVersionPage>;
  /**
   * Get a version of a schema.
   *
   * With its content.
   *
   * Requires the permission `configs:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:configs:read`. In a project it is also held by the level viewer there.
   */
  getVersion(input: GetConfigSchemaVersionInput, options?: QueryOptions): Result<ConfigSchemaVersion>;
  /**
   * Check a content against a schema.
   *
   * Tells whether the content is valid, and where it is not. Nothing is written.
   *
   * Requires the permission `configs:read`. It is held by the roles operator, support, admin; API keys with the scope
   * `registry:configs:read`. In a project it is also held by the level viewer there.
   */
  check(input: CheckConfigContentInput, options?: WaitOptions): Result<ConfigSchemaVerdict>;
  /**
   * Move configurations to a version of their schema.
   *
   * Tries the version on every configuration that is checked against another version of the schema, and changes nothing
   * when one is not valid. Then each is checked against this version from now on, unless it changed meanwhile: those
   * are named. At most 10,000 are moved at once, and as many as there is time for: while `remaining` is not 0, call
   * again.
   *
   * Requires the permission `config_schemas:write`. It is held by the roles operator, admin; API keys with the scope
   * `registry:config_schemas:write`.
   */
  adopt(input: AdoptConfigSchemaVersionInput, options?: MutationOptions): Result<ConfigSchemaAdoption>;
}
