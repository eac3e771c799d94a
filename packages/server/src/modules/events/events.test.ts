import { eventLog } from '@tenant-registry/db';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { type EventReader, readEvents } from '../../../test/support/event-reader.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { madeIn, newProject, newTenant, runWorker, testServer, UNKNOWN } from '../../../test/support/server.ts';
import { eventsExample } from './schema.ts';

const server = testServer();

/** A key that may read the events of the tenant. */
async function readerKey(tenant_id: string, fields: Record<string, unknown> = {}) {
  const key = await madeIn(server, tenant_id, 'api-keys', { name: 'k', scopes: ['registry:events:read'], ...fields });
  return { id: String(key.id), token: String(key.key) };
}

/** Gives what was recorded its place in the log. */
async function log(): Promise<void> {
  while ((await runWorker(server, 'events-sequence')) > 0);
}

/** What the table has of the tenant, in its order. */
async function logged(tenantId: string) {
  const rows = await eventLog.listEvents(server.app.deps.db, { tenant_id: tenantId }, { after: 0, limit: 10_000 });
  return rows.map(({ id }) => id);
}

const rename = (tenantId: string, name: string) =>
  server.call(`PATCH /v1/tenants/${tenantId}`, { body: { name } }).then(({ status }) => expect(status).toBe(200));

const opened = (reader: EventReader) => reader.until(({ name }) => name === 'checkpoint');
const got = (reader: EventReader, count: number) => eventually(() => expect(reader.ids()).toHaveLength(count));

// proves C24
test('a tenant hears of what happens in it, in the form that the document shows', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { token } = await readerKey(tenant_id);
  await log();
  const reader = await readEvents(server, { token, path: '/v1/events?types=project.created' });
  expect([reader.status, reader.headers.get('content-type'), reader.headers.get('cache-control')]).toEqual([
    200,
    'text/event-stream',
    'no-store',
  ]);
  await opened(reader);
  await newProject(server, tenant_id, { name: 'Website' });
  await log();
  const event = await reader.until(({ data }) => data.type === 'project.created');
  expect(event).toMatchObject({ name: null, id: event.data.id, data: { tenant_id, data: { name: 'Website' } } });
  const shape = (text: string) =>
    text
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…')
      .replace(/"timestamp":"[^"]+"/, '"timestamp":"…"')
      .replace(/"(created_at|updated_at)":"[^"]+"/g, '"$1":"…"')
      .replace(/"slug":"[^"]+"/, '"slug":"…"');
  expect(shape(reader.text())).toBe(shape(eventsExample['text/event-stream']));
});

// proves C24
test('a reader that comes back with its last id gets what it missed, each event once and in order', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { token } = await readerKey(tenant_id);
  await log();
  const first = await readEvents(server, { token, path: '/v1/events?after=start' });
  await got(first, 2);
  first.leave();
  await rename(tenant_id, 'Second');
  await rename(tenant_id, 'Third');
  await log();
  const second = await readEvents(server, { token, lastEventId: first.lastId() });
  await got(second, 2);
  await rename(tenant_id, 'Fourth');
  await log();
  await got(second, 3);
  expect([...first.ids(), ...second.ids()]).toEqual(await logged(tenant_id));
  const third = await readEvents(server, { token, path: `/v1/events?after=${first.lastId()}` });
  await got(third, 3);
  expect(third.ids()).toEqual(second.ids());
});

test('the id that a reader gets at once is good for coming back, also where nothing has happened yet', async () => {
  const { id: tenant_id } = await newTenant(server);
  const quiet = await readEvents(server, {
    token: server.operatorToken,
    path: `/v1/events?tenant_id=${tenant_id}&types=project.*`,
  });
  expect((await opened(quiet)).id).toBe('start');
  quiet.leave();
  await log();
  const again = await readEvents(server, {
    token: server.operatorToken,
    path: `/v1/events?tenant_id=${tenant_id}`,
    lastEventId: quiet.lastId(),
  });
  await got(again, 1);
  expect(again.ids()).toEqual(await logged(tenant_id));
});

test('types choose among events: exact ones, all of a noun, all', async () => {
  const { id: tenant_id } = await newTenant(server);
  await newProject(server, tenant_id);
  await rename(tenant_id, 'Other');
  await log();
  const typesOf = async (types: string) => {
    const path = `tenant_id=${tenant_id}&types=${types}`;
    const { body } = await server.call(`GET /v1/events/history?${path}`);
    const listed = body.items.map(({ type }: { type: string }) => type);
    const reader = await readEvents(server, { token: server.operatorToken, path: `/v1/events?${path}&after=start` });
    await got(reader, listed.length);
    expect(reader.messages.filter(({ name }) => name === null).map(({ data }) => data.type)).toEqual(listed);
    return listed;
  };
  expect(await typesOf('tenant.updated')).toEqual(['tenant.updated']);
  expect(await typesOf('tenant.*')).toEqual(['tenant.created', 'tenant.updated']);
  expect(await typesOf('project.created,tenant.updated')).toEqual(['project.created', 'tenant.updated']);
  expect((await typesOf('*')).length).toBeGreaterThan(3);
  for (const types of ['tenant.exploded', 'tenant.created,nothing.*', 'tenant*', ',', 't.*,*']) {
    for (const path of ['/v1/events?', '/v1/events/history?']) {
      const { status, body } = await server.call(`GET ${path}types=${encodeURIComponent(types)}`);
      expect([status, body.code, body.errors?.[0]?.pointer], types).toEqual([400, 'unknown_event_type', '/types']);
    }
  }
});

// proves C24
test('an id that is unknown, deleted, of another tenant or no id is expired, in the same words', async () => {
  const [own, foreign] = [await newTenant(server), await newTenant(server)];
  const { token } = await readerKey(own.id);
  await log();
  const [[gone = ''], [theirs = '']] = [await logged(own.id), await logged(foreign.id)];
  await sql`delete from events where id = ${gone}`.execute(server.app.deps.db);
  const answers = await Promise.all(
    [UNKNOWN, gone, theirs].map((id) => server.call(`GET /v1/events?after=${id}`, { token })),
  );
  const strange = await server.call('GET /v1/events', { token, headers: { 'last-event-id': 'x-1' } });
  for (const { status, body } of [...answers, strange]) {
    expect([status, body.code, body.detail]).toEqual([410, 'event_expired', strange.body.detail]);
  }
  // The operator, who sees both, may go on after it, but not inside the other tenant.
  const inside = await server.call(`GET /v1/events?tenant_id=${own.id}&after=${theirs}`);
  expect([inside.status, inside.body.code]).toEqual([410, 'event_expired']);
  expect((await server.call(`GET /v1/events?after=${theirs}`)).status).toBe(200);
});

// proves A66
test('a tenant hears of itself alone, and a key that is bound to a project of that project alone', async () => {
  const [own, foreign] = [await newTenant(server), await newTenant(server)];
  const [project, other] = [await newProject(server, own.id), await newProject(server, own.id)];
  const { token } = await readerKey(own.id);
  const bound = await readerKey(own.id, { project_id: project.id });
  await log();
  const readers = await Promise.all([
    readEvents(server, { token, path: '/v1/events?after=start' }),
    readEvents(server, { token: bound.token, path: '/v1/events?after=start' }),
  ]);
  const live = await Promise.all([readEvents(server, { token }), readEvents(server, { token: bound.token })]);
  for (const each of live) await opened(each);
  await rename(foreign.id, 'Foreign');
  await newProject(server, foreign.id);
  for (const { id } of [other, project]) await server.call(`PATCH /v1/projects/${id}`, { body: { name: 'New' } });
  await log();
  for (const each of [...readers, ...live])
    await each.until(({ data }) => data.subject?.id === project.id && data.type === 'project.updated');
  const events = [...readers, ...live].flatMap(({ messages }) => messages).filter(({ name }) => name === null);
  expect(new Set(events.map(({ data }) => data.tenant_id))).toEqual(new Set([own.id]));
  const ofBound = [readers[1], live[1]].flatMap(({ messages }) => messages).filter(({ name }) => name === null);
  expect(new Set(ofBound.map(({ data }) => data.project_id))).toEqual(new Set([project.id]));
  const { body } = await server.call('GET /v1/events/history', { token: bound.token });
  expect(new Set(body.items.map((item: { project_id: string }) => item.project_id))).toEqual(new Set([project.id]));
  for (const path of ['/v1/events', '/v1/events/history']) {
    const refused = await server.call(`GET ${path}?tenant_id=${foreign.id}`, { token });
    expect([refused.status, refused.body.code]).toEqual([404, 'not_found']);
  }
});

test('a product hears of every tenant, and callers of tenants do not', async () => {
  const { token } = await readerKey((await newTenant(server)).id);
  const reader = await readEvents(server, { token: server.internalToken, path: '/v1/internal/events' });
  await opened(reader);
  const tenants = [await newTenant(server), await newTenant(server)];
  await log();
  for (const { id } of tenants) await reader.until(({ data }) => data.tenant_id === id);
  for (const each of [token, server.operatorToken]) {
    const refused = await server.call('GET /v1/internal/events', { token: each });
    expect([refused.status, refused.body.permission]).toEqual([403, 'events:follow']);
  }
});

// proves C24
test('the history has every event of the table once, page by page, and its cursor tells no position', async () => {
  const { id: tenant_id } = await newTenant(server);
  for (const name of ['A', 'B', 'C', 'D']) await rename(tenant_id, name);
  await log();
  const ids: string[] = [];
  let cursor: string | null = null;
  let pages = 0;
  do {
    const query: string = `tenant_id=${tenant_id}&limit=2${cursor === null ? '' : `&cursor=${cursor}`}`;
    const { status, body } = await server.call(`GET /v1/events/history?${query}`);
    expect(status).toBe(200);
    ids.push(...body.items.map(({ id }: { id: string }) => id));
    cursor = body.next_cursor;
    if (cursor !== null)
      expect(JSON.parse(Buffer.from(cursor.split('.')[0] ?? '', 'base64url').toString())).toEqual([ids.at(-1)]);
    pages += 1;
  } while (cursor !== null);
  expect([pages, ids]).toEqual([3, await logged(tenant_id)]);
});

test('the history of events that were deleted since the last page is expired', async () => {
  const { id: tenant_id } = await newTenant(server);
  for (const name of ['A', 'B', 'C']) await rename(tenant_id, name);
  await log();
  const path = `/v1/events/history?tenant_id=${tenant_id}&limit=2`;
  const { body } = await server.call(`GET ${path}`);
  const again = `GET ${path}&cursor=${body.next_cursor}`;
  expect((await server.call(again)).body.items).toHaveLength(2);
  await sql`delete from events where id = ${body.items[1].id}`.execute(server.app.deps.db);
  expect([(await server.call(again)).status, (await server.call(again)).body.code]).toEqual([410, 'event_expired']);
  const wrong = await server.call(`GET ${path}&cursor=x.y`);
  expect([wrong.status, wrong.body.code]).toEqual([400, 'invalid_cursor']);
});

test('readers that leave, and requests that only look, take no place', async () => {
  const { eventFeed } = server.app.deps;
  await eventually(() => expect(eventFeed.listening()).toBe(0));
  expect((await server.call('HEAD /v1/events')).status).toBe(200);
  expect(eventFeed.listening()).toBe(0);
  const reader = await readEvents(server, { token: server.operatorToken });
  await opened(reader);
  const figures = await server.app.deps.metrics.registry.metrics();
  expect(figures).toMatch(/^tenant_registry_feed_listeners 1$/m);
  reader.leave();
  await eventually(() => expect(eventFeed.listening()).toBe(0));
});

test('one more stream than a tenant may have is refused, which keeps no other tenant out', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { token } = await readerKey(tenant_id);
  const other = await readerKey((await newTenant(server)).id);
  const readers = await Promise.all(Array.from({ length: 50 }, () => readEvents(server, { token })));
  await Promise.all(readers.map(opened));
  const { status, body, headers } = await server.call('GET /v1/events', { token });
  expect([status, body.code, headers.get('retry-after')]).toEqual([429, 'too_many_listeners', '5']);
  expect((await server.call('GET /v1/events', { token: other.token })).status).toBe(200);
  readers[0]?.leave();
  await eventually(async () => expect((await server.call('GET /v1/events', { token })).status).toBe(200));
});

test('the wait of the oldest event is measured, and goes on while nobody measures', async () => {
  const { outboxLag, metrics } = server.app.deps;
  await log();
  await runWorker(server, 'events-lag');
  expect(outboxLag.seconds()).toBe(0);
  await newTenant(server);
  await sql`update outbox_events set occurred_at = now() - interval '1 hour'`.execute(server.app.deps.db);
  await runWorker(server, 'events-lag');
  const first = outboxLag.seconds();
  expect(first).toBeGreaterThanOrEqual(3_600);
  await expect.poll(outboxLag.seconds).toBeGreaterThan(first);
  expect(await metrics.registry.metrics()).toMatch(/^tenant_registry_outbox_oldest_seconds 36\d\d/m);
});
