/** The watch on the wire. */
import { kernelErrors } from '../../../kernel/errors.ts';
import { routes } from '../../../kernel/routes.ts';
import { procedure } from '../../../kernel/trpc.ts';
import { eventErrors } from '../../events/errors.ts';
import { tenancyErrors } from '../../tenants/errors.ts';
import { configChanges, configChangesExample, watchConfigsInput } from './schema.ts';
import { watchConfigs } from './service.ts';

const on = routes({ tag: 'Configs', tenancy: tenancyErrors });

export const watchProcedures = {
  watch: procedure('configs:read', { project: 'project_id' })
    .meta({
      rest: on.list('/v1/projects/{project_id}/config-watch', {
        operation: 'watch_configs',
        summary: 'Watch configurations',
        description:
          'Server-sent events: what changes in the project, in order, each change once. `open` comes first. `change` is a change of a key, with its content unless that is longer than 32 KiB (`content_omitted`) or the key was deleted; changes that were made together come together, and the last of them carries the id. A reader that comes back with the last id, as `Last-Event-ID` or `after`, misses nothing and gets nothing twice, at whichever replica. `alive` comes every `alive_ms`: every change that was answered until `elapsed_ms` after the request began was told before it; its id, where it has one, is as good as that of a change. `down` comes instead while the store cannot be asked. `reset` means that what happened since cannot be told, because the cursor is too old, of another project, of another epoch, or none: read a snapshot; the stream goes on from the id of the reset. `bye` comes before the end, with a `reason`: `life` after five minutes, `slow` to a reader that stands still, `authority` when anything about who may do what in the tenant has changed, `credential` when the credential is accepted no more, `closing`, `unavailable`: come again with the last id. A tenant may have 100 of these streams open at one replica. Over tRPC it is not available.',
        errors: [eventErrors.tooManyListeners, kernelErrors.overloaded, kernelErrors.unavailable],
        inTenant: 'read',
        stream: ['text/event-stream'],
        example: { response: configChangesExample },
      }),
    })
    .input(watchConfigsInput)
    .output(configChanges)
    .query(({ ctx, input }) => watchConfigs(ctx, input)),
} as const;
