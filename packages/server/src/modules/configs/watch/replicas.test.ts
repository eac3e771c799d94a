// engine: postgres
/** Several servers on one database, as an operator runs them, and a database that goes away. PGlite has one process. */
import { openDatabase } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openLink } from '../../../../test/replicas/link.ts';
import { changesInTable, commitTogether } from '../../../../test/support/config-commits.ts';
import { type EventReader, readEvents } from '../../../../test/support/event-reader.ts';
import { eventually } from '../../../../test/support/eventually.ts';
import { madeIn, newProject, newTenant, startTestServer, type TestServer } from '../../../../test/support/server.ts';

async function startReplicas(count: number) {
  const shared = await testDatabase();
  onTestFinished(() => shared.close());
  const replicas: TestServer[] = [];
  onTestFinished(async () => {
    for (const each of replicas) await each.close();
  });
  for (let made = 0; made < count; made += 1)
    replicas.push(await startTestServer({ database: await openDatabase({ url: String(shared.url) }) }));
  return replicas;
}

async function newPlace(server: TestServer) {
  const { id: tenant_id } = await newTenant(server);
  return { tenant_id, project_id: (await newProject(server, tenant_id)).id };
}

function watch(
  server: TestServer,
  project_id: string,
  { token = server.operatorToken, lastEventId = null as string | null } = {},
) {
  return readEvents(server, { token, lastEventId, path: `/v1/projects/${project_id}/config-watch` });
}

const toldOf = (messages: EventReader['messages']) =>
  messages.filter(({ name }) => name === 'change').map(({ data }) => `${data.key}@${data.version}`);

// proves B21, B22
test('a change that one replica has answered is told by the other, by a notification before the next beat', async () => {
  // No heart beats, so nothing but the notification can tell it.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const [writer, reader] = await startReplicas(2);
  if (writer === undefined || reader === undefined) throw new Error('there are two');
  const places = [await newPlace(writer), await newPlace(writer), await newPlace(writer)];
  await reader.app.deps.leases.start();
  const readers = await Promise.all(places.map(({ project_id }) => watch(reader, project_id)));
  for (const each of readers) await each.until(({ name }) => name === 'alive');
  for (let round = 1; round <= 3; round += 1) {
    await Promise.all(places.map((place) => commitTogether(writer, place, { a: round })));
    for (const each of readers) await eventually(() => expect(toldOf(each.messages)).toHaveLength(round));
  }
});

// proves B21, B22
test('a replica that hears no notification tells every change at its next beat', async () => {
  const [writer, reader] = await startReplicas(2);
  if (writer === undefined || reader === undefined) throw new Error('there are two');
  const place = await newPlace(writer);
  const watcher = await watch(reader, place.project_id);
  await watcher.until(({ name }) => name === 'alive');
  await commitTogether(writer, place, { a: 1 });
  await watcher.until(({ name }) => name === 'change');
});

// proves B22
test('every change that one replica has answered until the moment of alive was told by the other before it', async () => {
  const [writer, reader] = await startReplicas(2);
  if (writer === undefined || reader === undefined) throw new Error('there are two');
  const place = await newPlace(writer);
  for (const hears of [false, true]) {
    if (hears) await reader.app.deps.leases.start();
    const askedAt = performance.now();
    const watcher = await watch(reader, place.project_id);
    const countOf = () => watcher.messages.filter(({ name }) => name === 'alive').length;
    await eventually(() => expect(countOf()).toBe(1));
    const answered: { readonly told: string; readonly at: number }[] = [];
    for (let made = 0; countOf() < 4; made += 1) {
      const key = `k${made % 5}`;
      await commitTogether(writer, place, { [key]: made, [`${key}.pair`]: made });
      const at = performance.now();
      const { body } = await writer.call(`GET /v1/projects/${place.project_id}/configs/${key}`);
      answered.push({ told: `${key}@${body.version}`, at });
    }
    for (const [index, { name, data }] of watcher.messages.entries()) {
      if (name !== 'alive') continue;
      const before = new Set(toldOf(watcher.messages.slice(0, index)));
      const due = answered.filter(({ at }) => at < askedAt + data.elapsed_ms);
      expect(due.filter(({ told }) => !before.has(told))).toEqual([]);
    }
    expect(answered.length).toBeGreaterThan(10);
    watcher.leave();
  }
});

// proves B20, B22
test('a watcher that goes from replica to replica, while all of them write, gets every change once and in order', async () => {
  const replicas = await startReplicas(3);
  for (const { app } of replicas) await app.deps.leases.start();
  const at = (index: number) => replicas[index % 3] as TestServer; // there are three
  const place = await newPlace(at(0));
  const first = await watch(at(0), place.project_id);
  const start = (await first.until(({ name }) => name === 'alive')).id;
  first.leave();
  const state = { writing: true };
  const write = async (writer: number) => {
    for (let round = 0; round < 60; round += 1)
      await commitTogether(at(writer), place, { [`w${writer}`]: round, [`w${writer}.${round % 5}`]: round });
  };
  const follow = async (offset: number) => {
    const seen: string[] = [];
    let lastEventId = start;
    for (let turn = offset; ; turn += 1) {
      const isLast = !state.writing;
      const table = isLast ? await changesInTable(at(0), place) : [];
      if (isLast && seen.length === table.length) return seen;
      const reader = await watch(at(turn), place.project_id, { lastEventId });
      await eventually(() => expect(!state.writing || toldOf(reader.messages).length > turn % 7).toBe(true));
      if (isLast)
        await eventually(() =>
          expect(seen.length + toldOf(reader.messages).length).toBeGreaterThanOrEqual(table.length),
        );
      reader.leave();
      await reader.ended;
      const whole = reader.messages.slice(0, reader.messages.findLastIndex(({ id }) => id !== null) + 1);
      expect(whole.map(({ name }) => name)).not.toContain('reset');
      seen.push(...toldOf(whole));
      lastEventId = reader.lastId();
    }
  };
  const writers = Promise.all([0, 1, 2].map(write)).finally(() => {
    state.writing = false;
  });
  const [followed] = await Promise.all([Promise.all([follow(0), follow(1)]), writers]);
  const table = await changesInTable(at(0), place);
  expect(table).toHaveLength(360);
  for (const seen of followed) expect(seen).toEqual(table);
});

// proves B22
test('while the database is away watchers hear that they may miss changes, and afterwards every one of them', async () => {
  const original = await testDatabase();
  onTestFinished(() => original.close());
  const link = await openLink(String(original.url));
  onTestFinished(() => link.close());
  const settings = { connectTimeoutMs: 1_000, statementTimeoutMs: 2_000, log: () => {} };
  const server = await startTestServer({ database: await openDatabase({ url: link.url, ...settings }) });
  const other = await startTestServer({ database: await openDatabase({ url: String(original.url) }) });
  onTestFinished(async () => {
    await server.close();
    await other.close();
  });
  const place = await newPlace(other);
  const scopes = ['registry:configs:read'];
  const { key } = await madeIn(other, place.tenant_id, 'api-keys', { name: 'w', scopes });
  await server.app.deps.leases.start();
  const readers = [await watch(server, place.project_id), await watch(server, place.project_id, { token: key })];
  for (const reader of readers) await reader.until(({ name }) => name === 'alive');
  await link.cut();
  await commitTogether(other, place, { a: 1 });
  for (const reader of readers) await reader.until(({ name }) => name === 'down');
  const refused = await server.call(`GET /v1/projects/${place.project_id}/config-watch`);
  expect([refused.status, refused.body.code]).toEqual([503, 'unavailable']);
  for (const reader of readers) expect(toldOf(reader.messages)).toEqual([]);
  const before = readers.map(({ messages }) => messages.length);
  link.restore();
  for (const [index, reader] of readers.entries()) {
    const later = () => reader.messages.slice(before[index]).map(({ name }) => name);
    await eventually(() => expect(later()).toContain('alive'));
    expect(toldOf(reader.messages)).toEqual(['a@1']);
    expect(later().indexOf('change')).toBeLessThan(later().indexOf('alive'));
  }
  // A database that falls silent is one that cannot be asked.
  link.silence();
  await commitTogether(other, place, { a: 2 });
  const downs = (reader: EventReader) => reader.messages.filter(({ name }) => name === 'down').length;
  const heard = readers.map(downs);
  for (const [index, reader] of readers.entries())
    await eventually(() => expect(downs(reader)).toBeGreaterThan(heard[index] ?? 0));
  await link.cut();
  link.restore();
  for (const reader of readers) await eventually(() => expect(toldOf(reader.messages)).toEqual(['a@1', 'a@2']));
});
