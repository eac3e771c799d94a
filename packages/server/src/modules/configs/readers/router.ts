/** Readers of a key on the wire. */
import { z } from 'zod';
import { routes } from '../../../kernel/routes.ts';
import { procedure } from '../../../kernel/trpc.ts';
import { configSchemaErrors } from '../../config-schemas/errors.ts';
import { projectErrors } from '../../projects/errors.ts';
import { tenancyErrors } from '../../tenants/errors.ts';
import { configErrors } from '../errors.ts';
import { configReaderPage, listReadersInput, registerReaderInput } from './schema.ts';
import { listReaders, registerReader } from './service.ts';

const on = routes({ tag: 'Configs', tenancy: tenancyErrors });

/** The body of a schema of 64 KiB. */
const BODY_BYTES_MAX = 131_072;

export const readerProcedures = {
  registerReader: procedure('configs:read', { project: 'project_id' })
    .meta({
      rest: on.set('/v1/projects/{project_id}/configs/{key}/readers/{reader}', {
        operation: 'register_config_reader',
        summary: 'Say what a program expects of a configuration',
        description:
          'Keeps for seven days which content the program accepts, as a JSON Schema 2020-12. Within them a write of content that it does not accept is refused with `breaks_readers`, unless the writer sends `ignore_readers`. Sent again, it begins seven days anew. The key need not have a value. A key has 20 readers at most, a project 1,000.',
        errors: [
          configSchemaErrors.schemaInvalid,
          configSchemaErrors.validationTooCostly,
          configErrors.readerLimit,
          projectErrors.projectArchived,
        ],
        inTenant: 'write',
        bodyBytesMax: BODY_BYTES_MAX,
      }),
    })
    .input(registerReaderInput)
    .output(z.void())
    .mutation(({ ctx, input }) => registerReader(ctx, input)),

  listReaders: procedure('configs:read', { project: 'project_id' })
    .meta({
      rest: on.list('/v1/projects/{project_id}/configs/{key}/readers', {
        operation: 'list_config_readers',
        summary: 'List the readers of a configuration',
        description:
          'The programs that said within seven days what they expect of the key, by name, the last one first.',
        inTenant: 'read',
      }),
    })
    .input(listReadersInput)
    .output(configReaderPage)
    .query(({ ctx, input }) => listReaders(ctx, input)),
} as const;
