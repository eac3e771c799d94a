/** What a replay is of, found before anything is locked. */
import { eventLog, webhooks } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';

/** Events, or deliveries, that one statement looks at. */
const ROWS_AT_ONCE = 20_000;
/** By how much the clocks of those who record events may differ. */
const CLOCKS_SECONDS = 300;
/** For how long an event may wait for its commit, by which later ones come before it. */
const COMMIT_SECONDS = 3_600;

/**
 * Returns the positions of up to `limit` events that the replay is of, oldest first. Nothing is locked meanwhile, and no
 * statement looks at more than a stretch of the log. Throws the reason of the signal when the request is over before.
 */
export async function findReplayable(ctx: ActorContext, replay: webhooks.Replay, limit: number): Promise<number[]> {
  const positions: number[] = [];
  let { after, last } = await boundsOf(ctx, replay);
  while (after < last && positions.length < limit) {
    ctx.signal.throwIfAborted();
    const until = Math.min(last, (await stretchEnd(ctx, replay, after)) ?? last);
    const page = { after, until, limit: limit - positions.length };
    positions.push(...(await webhooks.listReplayable(ctx.db, replay, page)));
    after = until;
  }
  return positions;
}

/** An event is recorded at or after it happens; how it lies among others is told by when it happened. */
async function boundsOf({ root }: ActorContext, { since, until }: webhooks.Replay) {
  const from = { column: 'recorded_at', at: since, laterSeconds: -CLOCKS_SECONDS } as const;
  const to = { column: 'occurred_at', at: until, laterSeconds: COMMIT_SECONDS } as const;
  const first = await eventLog.findPositionAt(root, from);
  const next = await eventLog.findPositionAt(root, to);
  return { after: first - 1, last: next - 1 };
}

function stretchEnd(ctx: ActorContext, { endpoint_id, tenant_id, only_failed }: webhooks.Replay, after: number) {
  const further = { after, rows: ROWS_AT_ONCE };
  if (only_failed) return webhooks.findDeliveriesEnd(ctx.db, endpoint_id, further);
  return eventLog.findStretchEnd(ctx.root, tenant_id, further);
}
