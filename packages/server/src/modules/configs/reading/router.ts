/** Lists, snapshots and differences on the wire. */
import { kernelErrors } from '../../../kernel/errors.ts';
import { routes } from '../../../kernel/routes.ts';
import { procedure } from '../../../kernel/trpc.ts';
import { tenancyErrors } from '../../tenants/errors.ts';
import { configErrors } from '../errors.ts';
import {
  configPage,
  diffInput,
  diffPage,
  listConfigsInput,
  listTenantConfigsInput,
  snapshot,
  snapshotInput,
  snapshotText,
  tenantConfigPage,
} from './schema.ts';
import { diffConfigs, listConfigs, listTenantConfigs, snapshotConfigs } from './service.ts';

const on = routes({ tag: 'Configs', tenancy: tenancyErrors });

const readErrors = [configErrors.stateUnknown, kernelErrors.unavailable];

export const readingProcedures = {
  list: procedure('configs:read', { project: 'project_id' })
    .meta({
      rest: on.list('/v1/projects/{project_id}/configs', {
        operation: 'list_configs',
        summary: 'List the configurations of a project',
        description:
          'By key, in the order of its bytes. All pages are of one state, whatever is written meanwhile; `state` names it. With `schema_id`, `contains` or a time in `at` the database is asked: where current values are kept in etcd, it may be a moment behind them.',
        errors: readErrors,
        inTenant: 'read',
      }),
    })
    .input(listConfigsInput)
    .output(configPage)
    .query(({ ctx, input }) => listConfigs(ctx, input)),

  listOfTenant: procedure('configs:read')
    .meta({
      rest: on.list('/v1/configs', {
        operation: 'list_tenant_configs',
        summary: 'List the configurations of a tenant',
        description:
          'The current values of all its projects, by project and key; a key that is bound to a project finds those of its project. Each page is of the moment at which it is read. The database is asked: where current values are kept in etcd, it may be a moment behind them.',
        errors: [kernelErrors.unavailable],
        inTenant: 'read',
      }),
    })
    .input(listTenantConfigsInput)
    .output(tenantConfigPage)
    .query(({ ctx, input }) => listTenantConfigs(ctx, input)),

  snapshot: procedure('configs:read', { project: 'project_id' })
    .meta({
      surcharge: 'export',
      rest: on.list('/v1/projects/{project_id}/config-snapshot', {
        operation: 'get_config_snapshot',
        summary: 'Get all configurations of a project',
        description:
          'All values in one state, sent while they are read. The ETag is the quoted cursor: with If-None-Match, an unchanged project costs no reading. An answer that breaks off is no valid JSON. With a time in `at` the database is asked: where current values are kept in etcd, it may be a moment behind them. Over tRPC it is not available.',
        errors: readErrors,
        inTenant: 'read',
        stream: ['application/json'],
        streamOf: snapshot,
        stateTag: true,
      }),
    })
    .input(snapshotInput)
    .output(snapshotText)
    .query(({ ctx, input }) => snapshotConfigs(ctx, input)),

  diffProject: procedure('configs:read', { project: 'project_id' })
    .meta({
      rest: on.list('/v1/projects/{project_id}/config-diff', {
        operation: 'get_config_diff',
        summary: 'Compare two states of a project',
        description:
          'The keys that have another version in `to` than in `from`, by key. A key that was deleted and made anew with equal content is told too: it has another version. The database is asked: where current values are kept in etcd, it may be a moment behind them.',
        errors: readErrors,
        inTenant: 'read',
      }),
    })
    .input(diffInput)
    .output(diffPage)
    .query(({ ctx, input }) => diffConfigs(ctx, input)),
} as const;
