// engine: none
/** The check of what a receiver got after kills is able to fail. */
import { expect, test } from 'vitest';
import { type Endpoint, type LoggedEvent, unlikeReceipts } from './replicas/event-faults.ts';

const endpoints: Endpoint[] = [
  { id: 'e-1', name: 'hook-1', tenant_id: null, event_types: ['tenant.*'], since: 1 },
  { id: 'e-2', name: 'hook-2', tenant_id: 't-1', event_types: ['*'], since: 1 },
];
const eventAt = (position: number, event_type = 'tenant.updated', tenant_id = 't-1'): LoggedEvent => ({
  id: `id-${position}`,
  position,
  tenant_id,
  event_type,
  aggregate_id: 'a',
});
const log = [eventAt(1), eventAt(2), eventAt(3), eventAt(4, 'user.created'), eventAt(5, 'tenant.created', 't-2')];
const receipt = (endpoint: string, n: number, body = `body ${n}`) => ({ endpoint, id: `id-${n}`, body, at: 0 });
const all = [...[2, 3, 5].map((n) => receipt('hook-1', n)), ...[2, 3, 4].map((n) => receipt('hook-2', n))];

test('all that was wanted, with repetitions of any receipt, is right', () => {
  expect(unlikeReceipts(all, log, endpoints)).toEqual([]);
  expect(unlikeReceipts([...all, ...all], log, endpoints)).toEqual([]);
});

test.each([
  ['a receipt is missing', all.slice(1), '1 wanted events were never received'],
  ['an id is unknown', [...all, receipt('hook-1', 9)], '1 receipts have an id that no event has'],
  [
    'a repetition has another body',
    [...all, receipt('hook-1', 2, 'x')],
    '1 repetitions have another body than the first receipt',
  ],
  [
    'two came in the other order',
    [all[1], all[0], ...all.slice(2)],
    '1 events were first received after a later one of their subject',
  ],
])('%s: it is noticed', (_, receipts, sentence) => {
  expect(unlikeReceipts(receipts as typeof all, log, endpoints)).toEqual([sentence]);
});
