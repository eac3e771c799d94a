/** The feed of changes on the wire. */

import { kernelErrors } from '../../kernel/errors.ts';
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { changes, changesExample, streamChangesInput } from './schema.ts';
import { streamChanges } from './service.ts';

const internal = routes({ tag: 'Internal' });

export const changesRouter = router({
  stream: procedure('api_keys:verify')
    .meta({
      rest: internal.list('/v1/internal/changes', {
        operation: 'stream_changes',
        summary: 'Listen to changes of authority',
        description:
          'For whoever keeps verdicts: server-sent events that tell when one may no longer hold. `open` comes first. `change` names the tenants whose keys, entitlements or status changed; `reset` means any may have, and comes at the beginning unless `Last-Event-ID` is an event that this replica still knows: then what was missed comes. `alive` comes every `alive_ms`: every change that was answered before it, `elapsed_ms` after the request began, was sent before it. `down` comes instead while the replica may miss changes. After a change, or a reset, another replica may answer as before for `settle_ms`: verdicts that are asked for in that time are not to be kept. The stream ends after five minutes: come again. Over tRPC it is not available.',
        errors: [kernelErrors.overloaded],
        stream: ['text/event-stream'],
        example: { response: changesExample },
      }),
    })
    .input(streamChangesInput)
    .output(changes)
    .query(({ ctx }) => streamChanges(ctx)),
});
