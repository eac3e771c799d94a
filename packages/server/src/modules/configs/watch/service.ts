/** The changes of a project's configurations, as they are made. */
import type { ActorContext } from '../../../kernel/context.ts';
import { asText, toEventStream } from '../../../kernel/feed/to-event-stream.ts';
import type { ConfigStream } from '../../../kernel/streams/event-stream.ts';
import { readablePlace } from '../place.ts';
import type { WatchConfigs } from './schema.ts';
import { textOf } from './told.ts';

/**
 * Returns the changes after the cursor of the caller, each once and in order, as server-sent events. Throws `not_found`,
 * `tenant_archived`; opening the stream throws `too_many_listeners`, `overloaded` and `unavailable`.
 */
export async function watchConfigs(
  ctx: ActorContext,
  { project_id, prefix, after }: WatchConfigs,
): Promise<ConfigStream> {
  const place = await readablePlace(ctx, project_id);
  const { actor, signal, lastEventId, configFeed } = ctx;
  const stream = toEventStream(async (cut) => {
    const reader = await configFeed.open({
      place,
      prefix: prefix ?? '',
      after: lastEventId ?? after ?? null,
      tenantId: actor.tenant_id,
      mayHear: () => ctx.stillAccepted('configs:read', place.project_id),
      cut,
      signal,
    });
    return asText(reader, textOf);
  });
  return { of: 'configs', ...stream };
}
