// engine: none
import type { webhookQueue } from '@tenant-registry/db';
import { expect, test } from 'vitest';
import type { AttemptResult } from './attempt.ts';
import { createAttemptsUnderWay } from './attempts-under-way.ts';
import { createLanes } from './lanes.ts';

const delivery = (delivery_id: string) => ({ delivery_id }) as webhookQueue.DeliverableRow;
const result: AttemptResult = {
  delivered: true,
  status: 200,
  duration_ms: 1,
  error: null,
  excerpt: null,
  retry_after_ms: null,
};

test('an attempt that ended counts until it is taken out, so that a turn does not end before it is written', async () => {
  const lanes = createLanes();
  const underWay = createAttemptsUnderWay(60_000);
  underWay.start(delivery('a'), lanes.admit('fast', 't'), async () => result);
  underWay.start(delivery('b'), lanes.admit('fast', 't'), async () => undefined);
  expect(underWay.ids()).toEqual(['a', 'b']);
  await underWay.all();
  expect([underWay.ids(), underWay.count(), lanes.room('fast')]).toEqual([[], 1, 48]);
  await underWay.next();
  expect(underWay.ended().map((each) => each.delivery.delivery_id)).toEqual(['a']);
  expect([underWay.count(), underWay.ended()]).toEqual([0, []]);
});
