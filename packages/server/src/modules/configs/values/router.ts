/** One key's value on the wire. */
import { z } from 'zod';
import { kernelErrors } from '../../../kernel/errors.ts';
import { routes } from '../../../kernel/routes.ts';
import { procedure } from '../../../kernel/trpc.ts';
import { configSchemaErrors } from '../../config-schemas/errors.ts';
import { projectErrors } from '../../projects/errors.ts';
import { tenancyErrors } from '../../tenants/errors.ts';
import { configErrors } from '../errors.ts';
import { CONTENT_BODY_BYTES_MAX, config } from '../schema.ts';
import {
  createConfigInput,
  deleteConfigInput,
  getConfigInput,
  putConfigInput,
  validateConfigInput,
  validation,
} from './schema.ts';
import { createConfig, deleteConfig, getConfig, putConfig, validateConfig } from './service.ts';

/** Members of a content have no order, and its hash knows none. */
const hashedFields = ['content'];

const on = routes({ tag: 'Configs', tenancy: tenancyErrors });

const writeErrors = [
  projectErrors.projectArchived,
  configErrors.configQuotaExceeded,
  configErrors.storeFull,
  kernelErrors.unavailable,
];
const contentErrors = [
  configErrors.contentInvalid,
  configErrors.schemaNotFound,
  configSchemaErrors.validationTooCostly,
  ...writeErrors,
];

export const valueProcedures = {
  get: procedure('configs:read', { project: 'project_id' })
    .meta({
      hashedFields,
      rest: on.get('/v1/projects/{project_id}/configs/{key}', {
        operation: 'get_config',
        summary: 'Get a configuration',
        description: 'The current value of the key: every write that was answered before is in it.',
        inTenant: 'read',
      }),
    })
    .input(getConfigInput)
    .output(config)
    .query(({ ctx, input }) => getConfig(ctx, input)),

  put: procedure('configs:write', { project: 'project_id' })
    .meta({
      hashedFields,
      rest: on.replace('/v1/projects/{project_id}/configs/{key}', {
        operation: 'put_config',
        summary: 'Set a configuration',
        description:
          'Gives the key this content, as a new version. `expected_version` or If-Match says which version the change is made from, so that no change of another writer is overwritten unseen; `expected_version: 0` creates, and `If-Match: *` overwrites. Equal content changes nothing. The content is checked against the schema of the key.',
        errors: [
          configErrors.expectedVersionRequired,
          configErrors.versionConflict,
          configErrors.breaksReaders,
          ...contentErrors,
        ],
        inTenant: 'write',
        bodyBytesMax: CONTENT_BODY_BYTES_MAX,
      }),
    })
    .input(putConfigInput)
    .output(config)
    .mutation(({ ctx, input }) => putConfig(ctx, input)),

  create: procedure('configs:write', { project: 'project_id' })
    .meta({
      hashedFields,
      rest: {
        ...on.create('/v1/projects/{project_id}/configs', {
          operation: 'create_config',
          summary: 'Create a configuration',
          description: 'Gives a key that has no value its first one.',
          errors: [
            configErrors.configExists,
            configErrors.versionConflict,
            configErrors.breaksReaders,
            ...contentErrors,
          ],
          inTenant: 'write',
          bodyBytesMax: CONTENT_BODY_BYTES_MAX,
        }),
        location: '/v1/projects/{project_id}/configs/{key}',
      },
    })
    .input(createConfigInput)
    .output(config)
    .mutation(({ ctx, input }) => createConfig(ctx, input)),

  delete: procedure('configs:write', { project: 'project_id' })
    .meta({
      rest: {
        ...on.remove('/v1/projects/{project_id}/configs/{key}', {
          operation: 'delete_config',
          summary: 'Delete a configuration',
          description:
            'Takes the value away, as a new version: the history stays, and a rollback brings it back. `expected_version` or If-Match is required.',
          errors: [configErrors.expectedVersionRequired, configErrors.versionConflict, ...writeErrors],
          inTenant: 'write',
        }),
        ifMatch: true,
      },
    })
    .input(deleteConfigInput)
    .output(z.void())
    .mutation(({ ctx, input }) => deleteConfig(ctx, input)),

  validate: procedure('configs:read', { project: 'project_id' })
    .meta({
      safe: true,
      rest: on.ask('/v1/projects/{project_id}/configs/{key}/validate', {
        operation: 'validate_config',
        summary: 'Try a content',
        description:
          'Tells whether the content is valid by the schema of the key, or by the one that is named, and what would change. Nothing is written, and the key need not be there.',
        errors: [configErrors.schemaNotFound, configSchemaErrors.validationTooCostly, kernelErrors.unavailable],
        inTenant: 'read',
        bodyBytesMax: CONTENT_BODY_BYTES_MAX,
      }),
    })
    .input(validateConfigInput)
    .output(validation)
    .mutation(({ ctx, input }) => validateConfig(ctx, input)),
} as const;
