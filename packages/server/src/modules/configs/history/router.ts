/** The history of one key on the wire. */
import { kernelErrors } from '../../../kernel/errors.ts';
import { routes } from '../../../kernel/routes.ts';
import { procedure } from '../../../kernel/trpc.ts';
import { configSchemaErrors } from '../../config-schemas/errors.ts';
import { projectErrors } from '../../projects/errors.ts';
import { tenancyErrors } from '../../tenants/errors.ts';
import { configErrors } from '../errors.ts';
import { config } from '../schema.ts';
import {
  configDiff,
  configRevision,
  diffConfigInput,
  getRevisionInput,
  listRevisionsInput,
  revisionPage,
  rollbackConfigInput,
} from './schema.ts';
import { diffConfig, getRevision, listRevisions, rollbackConfig } from './service.ts';

/** Members of a content have no order, and its hash knows none. */
const hashedFields = ['content'];

const on = routes({ tag: 'Configs', tenancy: tenancyErrors });

export const historyProcedures = {
  listRevisions: procedure('configs:read', { project: 'project_id' })
    .meta({
      rest: on.list('/v1/projects/{project_id}/configs/{key}/revisions', {
        operation: 'list_config_revisions',
        summary: 'List the versions of a configuration',
        description:
          'Who wrote what when, and why; newest first. A deleted key has its history too. Contents come with `content=true`.',
        errors: [kernelErrors.unavailable],
        inTenant: 'read',
      }),
    })
    .input(listRevisionsInput)
    .output(revisionPage)
    .query(({ ctx, input }) => listRevisions(ctx, input)),

  getRevision: procedure('configs:read', { project: 'project_id' })
    .meta({
      hashedFields,
      rest: on.get('/v1/projects/{project_id}/configs/{key}/revisions/{version}', {
        operation: 'get_config_revision',
        summary: 'Get a version of a configuration',
        description: 'With its content. A version never changes.',
        errors: [kernelErrors.unavailable],
        inTenant: 'read',
      }),
    })
    .input(getRevisionInput)
    .output(configRevision)
    .query(({ ctx, input }) => getRevision(ctx, input)),

  diff: procedure('configs:read', { project: 'project_id' })
    .meta({
      rest: on.list('/v1/projects/{project_id}/configs/{key}/diff', {
        operation: 'diff_config',
        summary: 'Compare two versions of a configuration',
        description:
          'As a JSON Patch (RFC 6902). A version that is a deletion has no content: the patch then adds or removes the whole. Where a patch would be long or costly, and for a minute after three costly ones of the tenant, one operation replaces the whole.',
        errors: [kernelErrors.unavailable],
        inTenant: 'read',
      }),
    })
    .input(diffConfigInput)
    .output(configDiff)
    .query(({ ctx, input }) => diffConfig(ctx, input)),

  rollback: procedure('configs:write', { project: 'project_id' })
    .meta({
      hashedFields,
      rest: on.step('/v1/projects/{project_id}/configs/{key}/rollback', {
        operation: 'rollback_config',
        summary: 'Bring an earlier content back',
        description:
          'Gives the key the content of an earlier version, as a new version; also a deleted key. The content has to be valid by the schema that the key has now. `expected_version` or If-Match is required.',
        errors: [
          configErrors.expectedVersionRequired,
          configErrors.versionConflict,
          configErrors.contentInvalid,
          configErrors.breaksReaders,
          configErrors.schemaNotFound,
          configSchemaErrors.validationTooCostly,
          projectErrors.projectArchived,
          configErrors.configQuotaExceeded,
          configErrors.storeFull,
          kernelErrors.unavailable,
        ],
        inTenant: 'write',
      }),
    })
    .input(rollbackConfigInput)
    .output(config)
    .mutation(({ ctx, input }) => rollbackConfig(ctx, input)),
} as const;
