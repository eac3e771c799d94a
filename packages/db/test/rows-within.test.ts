import { afterAll, expect, test } from 'vitest';
import * as audit from '../src/queries/audit.ts';
import { testDatabase } from '../src/testing.ts';
import { unique } from './support.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());

/** Appends events of one product, a millisecond apart, with these metadata; returns their ids, newest first. */
async function events(product: string, metadata: readonly Record<string, unknown>[]): Promise<string[]> {
  const ids: string[] = [];
  for (const [index, each] of metadata.entries()) {
    const created_at = new Date(Date.UTC(2026, 0, 1) + index);
    const event = { product, actor_type: 'user', actor_id: 'u', action: 'made.up', created_at, metadata: each };
    ids.unshift((await audit.appendAuditEvent(db, { ...event, origin: 'registry' })).id);
  }
  return ids;
}

const big = (character: string) => ({ text: character.repeat(20_000) });

// proves A51
test('rows end at the size, tell that more follow, and go on after the last one', async () => {
  const product = unique('sized');
  const ids = await events(product, Array.from('abcde', big));
  const first = await audit.listAuditEvents(db, { product }, { limit: 50, bytesMax: 50_000 });
  expect([first.rows.map(({ id }) => id), first.more]).toEqual([ids.slice(0, 3), true]);
  const last = first.rows.at(-1);
  const after = [last?.created_at ?? '', last?.id ?? ''];
  const second = await audit.listAuditEvents(db, { product }, { limit: 50, bytesMax: 50_000, after });
  expect([second.rows.map(({ id }) => id), second.more]).toEqual([ids.slice(3), false]);
});

test('one row comes at any size, the limit ends rows as well, and no row has a column more', async () => {
  const product = unique('limited');
  const ids = await events(product, [big('a'), {}, {}]);
  const few = await audit.listAuditEvents(db, { product }, { limit: 2, bytesMax: 1_000_000 });
  expect([few.rows.map(({ id }) => id), few.more]).toEqual([ids.slice(0, 2), true]);
  const whole = await audit.listAuditEvents(db, { product }, { limit: 3, bytesMax: 1_000_000 });
  expect([whole.rows.map(({ id }) => id), whole.more]).toEqual([ids, false]);
  const one = await audit.listAuditEvents(db, { product }, { limit: 3, bytesMax: 1 });
  expect([one.rows.map(({ id }) => id), one.more]).toEqual([ids.slice(0, 1), true]);
  const none = await audit.listAuditEvents(db, { product: unique('none') }, { limit: 3, bytesMax: 1 });
  expect(none).toEqual({ rows: [], more: false });
  expect(one.rows[0]).toEqual(await audit.findAuditEvent(db, ids[0] ?? ''));
});

test('no row is handed over that is not returned', async () => {
  const product = unique('handed');
  await events(product, Array.from('abcd', big));
  let handed = 0;
  const counting = db.withPlugin({
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      handed += result.rows.length;
      return result;
    },
  });
  await audit.listAuditEvents(counting, { product }, { limit: 2, bytesMax: 1_000_000 });
  expect(handed).toBe(2);
  await audit.listAuditEvents(counting, { product }, { limit: 50, bytesMax: 30_000 });
  expect(handed).toBe(4);
});

test('a number counts at the length that the database writes, not at that of its exponent', async () => {
  const product = unique('numbers');
  const ids = await events(
    product,
    Array.from('abc', () => ({ numbers: Array.from({ length: 200 }, () => 1e-300) })),
  );
  const { rows, more } = await audit.listAuditEvents(db, { product }, { limit: 50, bytesMax: 50_000 });
  expect([rows.map(({ id }) => id), more]).toEqual([ids.slice(0, 1), true]);
});
