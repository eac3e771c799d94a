import { sql } from 'kysely';
import { expect, test } from 'vitest';
import {
  DAY_MS,
  newTenant,
  runWorker,
  startTestServer,
  type TestServer,
  UNKNOWN,
} from '../../../test/support/server.ts';

/** Records some events, and makes those before the last so many days older. */
async function aged({ app: { deps } }: TestServer, days: number): Promise<void> {
  const { db } = deps;
  await sql`alter table events disable trigger events_unchanged`.execute(db);
  await sql`
    update events set recorded_at = recorded_at - make_interval(days => ${days}::int)
    where position < (select max(position) from events)`.execute(db);
  await sql`alter table events enable trigger events_unchanged`.execute(db);
}

const positions = async ({ app }: TestServer) =>
  (await app.deps.db.selectFrom('events').select('position').orderBy('position').execute()).map((row) => row.position);

async function withLog(options: Parameters<typeof startTestServer>[0]): Promise<TestServer> {
  const server = await startTestServer(options);
  for (let n = 0; n < 3; n++) await newTenant(server);
  await runWorker(server, 'events-sequence');
  expect(await positions(server)).toEqual([1, 2, 3]);
  return server;
}

test('events go when they are older than EVENTS_RETENTION_DAYS, and the audit log keeps its rows', async () => {
  const server = await withLog({ eventsRetentionDays: 7 });
  await aged(server, 6);
  expect(await runWorker(server, 'events-prune')).toBe(0);
  await aged(server, 2);
  expect(await runWorker(server, 'events-prune')).toBe(2);
  expect(await positions(server)).toEqual([3]);
  expect((await server.app.deps.db.selectFrom('audit_log').select('id').execute()).length).toBe(3);
  await server.close();
});

test('a process whose clock is ahead deletes nothing: the database tells the age', async () => {
  const server = await withLog({ processClock: () => new Date(Date.now() + 365 * DAY_MS) });
  expect(await runWorker(server, 'events-prune')).toBe(0);
  expect(await positions(server)).toEqual([1, 2, 3]);
  await server.close();
});

test('a delivery of an event that is gone goes too, although no event goes with it', async () => {
  const server = await withLog({ eventsRetentionDays: 30 });
  const { db } = server.app.deps;
  const delivery = { endpoint_id: UNKNOWN, event_id: UNKNOWN, event_type: 'x.y', aggregate: 'x:1' };
  await db
    .insertInto('webhook_deliveries')
    .values([0, 1].map((position) => ({ ...delivery, position })))
    .execute();
  expect(await runWorker(server, 'events-prune')).toBe(1);
  const left = await db.selectFrom('webhook_deliveries').select('position').execute();
  expect(left.map(({ position }) => position)).toEqual([1]);
  await server.close();
});
