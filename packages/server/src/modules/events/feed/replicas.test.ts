// engine: postgres
/** Several servers on one database, as an operator runs them. PGlite has one process, so there it cannot be. */
import { eventLog, openDatabase } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import { expect, onTestFinished, test } from 'vitest';
import { type EventReader, readEvents } from '../../../../test/support/event-reader.ts';
import { eventually } from '../../../../test/support/eventually.ts';
import { madeIn, newTenant, startTestServer, type TestServer } from '../../../../test/support/server.ts';

// proves C24
test('readers that go from replica to replica, while these are restarted, get the table: each event once, in order', async () => {
  const shared = await testDatabase();
  onTestFinished(() => shared.close());
  const start = async () => {
    const server = await startTestServer({ database: await openDatabase({ url: String(shared.url) }) });
    server.app.startWorkers();
    return server;
  };
  const replicas = [await start(), await start(), await start()];
  onTestFinished(async () => {
    for (const each of replicas) await each.close();
  });
  const at = (index: number) => replicas[index % 3] as TestServer; // there are three
  const tenant = await newTenant(at(0));
  const { key } = await madeIn(at(0), tenant.id, 'api-keys', { name: 'k', scopes: ['registry:events:read'] });
  let writing = true;

  const follow = async (first: number) => {
    const seen: string[] = [];
    let lastEventId = 'start';
    for (let turn = first; ; turn += 1) {
      const reader = await readEvents(at(turn), { token: key, lastEventId }).catch(() => null);
      if (reader?.status !== 200) continue;
      const isLast = !writing;
      await (isLast ? caughtUp(reader, seen) : Promise.race([reader.ended, some(reader)]));
      reader.leave();
      await reader.ended;
      seen.push(...reader.ids());
      lastEventId = reader.lastId() ?? lastEventId;
      if (isLast) return seen;
    }
  };
  const some = (reader: EventReader) => eventually(() => expect(!writing || reader.ids().length >= 5).toBe(true));
  const caughtUp = (reader: EventReader, seen: readonly string[]) =>
    eventually(async () => expect([...seen, ...reader.ids()]).toEqual(await tableOf()));
  const tableOf = async () => {
    const range = { after: 0, limit: 10_000 };
    return (await eventLog.listEvents(shared.db, { tenant_id: tenant.id }, range)).map(({ id }) => id);
  };
  const write = async (writer: number) => {
    for (let n = 0; n < 40; n += 1) {
      const body = { name: `${writer}-${n}` };
      const { status } = await at(0).call(`PATCH /v1/tenants/${tenant.id}`, { body });
      expect(status).toBe(200);
      // The first one is asked to write, the others are restarted.
      if (writer === 0 && n % 10 === 5) await restart(1 + (((n - 5) / 10) % 2));
    }
  };
  const restart = async (index: number) => {
    const old = replicas[index];
    replicas[index] = await start();
    await old?.close();
  };
  const writers = Promise.all([0, 1, 2].map(write)).finally(() => {
    writing = false;
  });
  const [followed] = await Promise.all([Promise.all([follow(0), follow(1), follow(2)]), writers]);
  await eventually(async () => expect(await shared.db.selectFrom('outbox_events').select('id').execute()).toEqual([]));
  const table = await tableOf();
  const counted = shared.db.selectFrom('events').select('event_type').where('tenant_id', '=', tenant.id);
  const types = (await counted.execute()).map(({ event_type }) => event_type);
  expect(types.filter((type) => type === 'tenant.updated')).toHaveLength(120);
  // What came into the log after a reader had caught up, it would have got next.
  for (const seen of followed) expect(seen).toEqual(table.slice(0, seen.length));
  expect(Math.min(...followed.map(({ length }) => length))).toBeGreaterThan(60);
});
