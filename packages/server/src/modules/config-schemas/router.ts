/** Schemas of configurations on the wire: one expression per endpoint. */
import { z } from 'zod';
import { kernelErrors } from '../../kernel/errors.ts';
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { configErrors } from '../configs/errors.ts';
import { tenancyErrors } from '../tenants/errors.ts';
import { configSchemaErrors } from './errors.ts';
import {
  addVersionInput,
  adoption,
  adoptVersionInput,
  checkContentInput,
  configSchema,
  configSchemaId,
  configSchemaPage,
  contentVerdict,
  createConfigSchemaInput,
  getConfigSchemaInput,
  getVersionInput,
  listConfigSchemasInput,
  listVersionsInput,
  SCHEMA_BODY_BYTES_MAX,
  schemaVersion,
  schemaVersionPage,
  updateConfigSchemaInput,
} from './schema.ts';
import {
  createConfigSchema,
  deleteConfigSchema,
  getConfigSchema,
  listConfigSchemas,
  updateConfigSchema,
} from './service.ts';
import { addVersion, adoptVersion, checkContent, getVersion, listVersions } from './versions/service.ts';

const on = routes({ tag: 'Config schemas', tenancy: tenancyErrors });

/** The body of a content of 256 KiB. */
const CONTENT_BODY_BYTES_MAX = 327_680;

export const configSchemasRouter = router({
  create: procedure('config_schemas:write')
    .meta({
      rest: on.create('/v1/schemas', {
        operation: 'create_config_schema',
        summary: 'Create a schema',
        description:
          'A JSON Schema 2020-12 that configurations of the tenant can be checked against. The content is its version 1. A `$ref` may lead to places of the content itself alone.',
        errors: [
          configSchemaErrors.schemaInvalid,
          configSchemaErrors.validationTooCostly,
          configSchemaErrors.schemaNameTaken,
          kernelErrors.quotaExceeded,
        ],
        inTenant: 'write',
        bodyBytesMax: SCHEMA_BODY_BYTES_MAX,
      }),
    })
    .input(createConfigSchemaInput)
    .output(configSchema)
    .mutation(({ ctx, input }) => createConfigSchema(ctx, input)),

  list: procedure('configs:read', { project: 'project_id' })
    .meta({
      rest: on.list('/v1/schemas', {
        operation: 'list_config_schemas',
        summary: 'List the schemas of a tenant',
        description: 'Newest first, without their content.',
        inTenant: 'read',
      }),
    })
    .input(listConfigSchemasInput)
    .output(configSchemaPage)
    .query(({ ctx, input }) => listConfigSchemas(ctx, input)),

  get: procedure('configs:read', { project: 'project_id' })
    .meta({
      rest: on.get('/v1/schemas/{id}', {
        operation: 'get_config_schema',
        summary: 'Get a schema',
        description: 'With the content of its latest version.',
        inTenant: 'read',
      }),
    })
    .input(getConfigSchemaInput)
    .output(configSchema)
    .query(({ ctx, input }) => getConfigSchema(ctx, input)),

  update: procedure('config_schemas:write')
    .meta({
      rest: on.update('/v1/schemas/{id}', {
        operation: 'update_config_schema',
        summary: 'Change a schema',
        description:
          'Absent fields stay as they are, null clears the description. The content changes by adding a version.',
        errors: [configSchemaErrors.schemaNameTaken],
        inTenant: 'write',
      }),
    })
    .input(updateConfigSchemaInput)
    .output(configSchema)
    .mutation(({ ctx, input }) => updateConfigSchema(ctx, input)),

  delete: procedure('config_schemas:write')
    .meta({
      rest: {
        ...on.remove('/v1/schemas/{id}', {
          operation: 'delete_config_schema',
          summary: 'Delete a schema',
          description:
            'Refused while a configuration with a value is checked against any version of it. Its name is free again.',
          errors: [configSchemaErrors.schemaInUse, configErrors.storeFull, kernelErrors.unavailable],
          inTenant: 'write',
        }),
        ifMatch: true,
      },
    })
    .input(configSchemaId)
    .output(z.void())
    .mutation(({ ctx, input }) => deleteConfigSchema(ctx, input.id)),

  addVersion: procedure('config_schemas:write')
    .meta({
      surcharge: 'export',
      rest: {
        ...on.create('/v1/schemas/{id}/versions', {
          operation: 'add_config_schema_version',
          summary: 'Add a version to a schema',
          description:
            'A version never changes, and no configuration is moved to it: each stays checked against the version that it has. The content is tried on every configuration that is checked against the schema, those of archived projects apart; when one is not valid the version is refused, unless `breaking` is true. Content that is equal to the latest version adds nothing. A schema has 100 versions at most.',
          errors: [
            configSchemaErrors.schemaInvalid,
            configSchemaErrors.validationTooCostly,
            configSchemaErrors.schemaBreaksConfigs,
            configSchemaErrors.schemaChanged,
            configSchemaErrors.schemaVersionLimit,
          ],
          inTenant: 'write',
          bodyBytesMax: SCHEMA_BODY_BYTES_MAX,
        }),
        location: '/v1/schemas/{schema_id}/versions/{version}',
      },
    })
    .input(addVersionInput)
    .output(schemaVersion)
    .mutation(({ ctx, input }) => addVersion(ctx, input)),

  listVersions: procedure('configs:read', { project: 'project_id' })
    .meta({
      rest: on.list('/v1/schemas/{id}/versions', {
        operation: 'list_config_schema_versions',
        summary: 'List the versions of a schema',
        description: 'Newest first, without their content.',
        inTenant: 'read',
      }),
    })
    .input(listVersionsInput)
    .output(schemaVersionPage)
    .query(({ ctx, input }) => listVersions(ctx, input)),

  getVersion: procedure('configs:read', { project: 'project_id' })
    .meta({
      rest: on.get('/v1/schemas/{id}/versions/{version}', {
        operation: 'get_config_schema_version',
        summary: 'Get a version of a schema',
        description: 'With its content.',
        inTenant: 'read',
      }),
    })
    .input(getVersionInput)
    .output(schemaVersion)
    .query(({ ctx, input }) => getVersion(ctx, input)),

  check: procedure('configs:read', { project: 'project_id' })
    .meta({
      safe: true,
      rest: on.ask('/v1/schemas/{id}/check', {
        operation: 'check_config_content',
        summary: 'Check a content against a schema',
        description: 'Tells whether the content is valid, and where it is not. Nothing is written.',
        errors: [configSchemaErrors.validationTooCostly],
        inTenant: 'read',
        inQuery: ['project_id'],
        bodyBytesMax: CONTENT_BODY_BYTES_MAX,
      }),
    })
    .input(checkContentInput)
    .output(contentVerdict)
    .mutation(({ ctx, input }) => checkContent(ctx, input)),

  adopt: procedure('config_schemas:write')
    .meta({
      surcharge: 'export',
      rest: on.ask('/v1/schemas/{id}/versions/{version}/adopt', {
        operation: 'adopt_config_schema_version',
        summary: 'Move configurations to a version of their schema',
        description:
          'Tries the version on every configuration that is checked against another version of the schema, and changes nothing when one is not valid. Then each is checked against this version from now on, unless it changed meanwhile: those are named. At most 10,000 are moved at once, and as many as there is time for: while `remaining` is not 0, call again.',
        errors: [
          configSchemaErrors.schemaBreaksConfigs,
          configSchemaErrors.validationTooCostly,
          kernelErrors.unavailable,
        ],
        inTenant: 'write',
      }),
    })
    .input(adoptVersionInput)
    .output(adoption)
    .mutation(({ ctx, input }) => adoptVersion(ctx, input)),
});
