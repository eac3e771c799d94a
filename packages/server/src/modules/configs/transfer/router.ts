/** Export and import on the wire. */
import { kernelErrors } from '../../../kernel/errors.ts';
import { routes } from '../../../kernel/routes.ts';
import { procedure } from '../../../kernel/trpc.ts';
import { projectErrors } from '../../projects/errors.ts';
import { tenancyErrors } from '../../tenants/errors.ts';
import { configErrors } from '../errors.ts';
import {
  exportConfigsInput,
  exportExample,
  exportText,
  IMPORT_BYTES_MAX,
  importConfigsInput,
  importedConfigs,
} from './schema.ts';
import { exportConfigs, importConfigs } from './service.ts';

const on = routes({ tag: 'Configs', tenancy: tenancyErrors });

export const transferProcedures = {
  export: procedure('configs:read', { project: 'project_id' })
    .meta({
      surcharge: 'export',
      rest: on.list('/v1/projects/{project_id}/config-export', {
        operation: 'export_configs',
        summary: 'Export the configurations of a project',
        description:
          'All values in one state, one key on each line (NDJSON), in the order of their bytes, sent while they are read. The ETag is the quoted cursor of the state. The lines are items of an import. An answer that breaks off is not complete. Over tRPC it is not available.',
        errors: [configErrors.stateUnknown, kernelErrors.unavailable],
        inTenant: 'read',
        stream: ['application/x-ndjson'],
        stateTag: true,
        example: { response: exportExample },
      }),
    })
    .input(exportConfigsInput)
    .output(exportText)
    .query(({ ctx, input }) => exportConfigs(ctx, input)),

  import: procedure('configs:write', { project: 'project_id' })
    .meta({
      surcharge: 'export',
      rest: on.ask('/v1/projects/{project_id}/config-import', {
        operation: 'import_configs',
        summary: 'Import configurations into a project',
        description:
          'Gives up to 1,000 keys their contents; the lines of an export are the items, as JSON. Every item is checked before anything is written, and with `dry_run` nothing is. Content that a key has already is not written again, so an import that is repeated changes nothing. The writes are made in the order of the keys, in steps of at most 60 keys and 480 KiB, each all or nothing: when a later step fails, the answer says what was written, and a repetition does the rest. A repetition with the Idempotency-Key of an import whose answer was lost writes no key twice: it tells what was written, and does the rest; `prune` then spares what others have written since the import began.',
        errors: [
          configErrors.importInvalid,
          configErrors.importConflict,
          configErrors.configQuotaExceeded,
          configErrors.schemaNotFound,
          configErrors.storeFull,
          projectErrors.projectArchived,
          kernelErrors.unavailable,
        ],
        inTenant: 'write',
        inQuery: ['dry_run'],
        bodyBytesMax: IMPORT_BYTES_MAX,
      }),
    })
    .input(importConfigsInput)
    .output(importedConfigs)
    .mutation(({ ctx, input }) => importConfigs(ctx, input)),
} as const;
