import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { appendEvent, appendEvents, eventOf } from '../../../test/support/audit-events.ts';
import { madeIn, newTenant, tenantIn, testServer, UNKNOWN } from '../../../test/support/server.ts';
import { PAGE_BYTES_MAX } from '../../kernel/pagination.ts';

const server = testServer();

const append = (fields?: Record<string, unknown>) => appendEvent(server, fields);

const bulk = (events: unknown) => appendEvents(server, events);

async function idsOf(query: string): Promise<string[]> {
  const { status, body } = await server.call(`GET /v1/audit?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body.items.map(({ id }: { id: string }) => id);
}

/** Something that only the calling test's events have. */
const mark = () => randomUUID();

// proves A51
test('the list finds by tenant, product, actor, action, target and time, alone and together', async () => {
  const tenant = await newTenant(server);
  const other = await newTenant(server);
  const [product, actor, target] = [mark(), mark(), mark()];
  const first = await append({ tenant_id: tenant.id, product, action: `${product}.made` });
  server.clock.advance(1_000);
  const second = await append({ tenant_id: other.id, product, actor: { type: 'user', id: actor } });
  server.clock.advance(1_000);
  const third = await append({ tenant_id: other.id, product, target: { type: 'report', id: target } });
  const newest = [third.id, second.id, first.id];

  expect(await idsOf(`product=${product}`)).toEqual(newest);
  expect(await idsOf(`tenant_id=${tenant.id}&product=${product}`)).toEqual([first.id]);
  expect(await idsOf(`tenant_id=${tenant.id.toUpperCase()}&product=${product}`)).toEqual([first.id]);
  expect((await idsOf(`tenant_id=${tenant.id}`)).length).toBe(2); // its creation too
  expect(await idsOf(`actor_id=${actor}`)).toEqual([second.id]);
  expect(await idsOf(`target_id=${target}`)).toEqual([third.id]);
  expect(await idsOf(`action=${product}.made`)).toEqual([first.id]);
  expect(await idsOf(`product=${product}&since=${second.created_at}`)).toEqual([third.id, second.id]);
  expect(await idsOf(`product=${product}&until=${second.created_at}`)).toEqual([first.id]);
  expect(await idsOf(`product=${product}&since=${second.created_at}&until=${third.created_at}`)).toEqual([second.id]);
  expect(await idsOf(`product=${product}&since=${first.created_at}&until=${first.created_at}`)).toEqual([]);
  const offset = encodeURIComponent(second.created_at.replace('Z', '+00:00'));
  expect(await idsOf(`product=${product}&since=${offset}`)).toEqual([third.id, second.id]);
  expect(await idsOf(`tenant_id=${other.id}&actor_id=${actor}&target_id=${target}`)).toEqual([]);
  expect((await idsOf('')).slice(0, 3)).toEqual(newest);
});

test('the list finds by the beginning of an action at a dot, taking every other character literally', async () => {
  const product = mark();
  const actions = ['a_b.c', 'a_b.c.d', 'axb.c', 'a_b', 'a_bc.d', 'a%b.c', 'A_B.c', 'a_b.x'];
  const ids = new Map<string, string>();
  for (const action of actions) ids.set(action, (await append({ product, action })).id);
  const found = async (action: string) => {
    const list = await idsOf(`product=${product}&action=${encodeURIComponent(action)}`);
    return list.map((id) => actions.find((each) => ids.get(each) === id)).reverse();
  };
  expect(await found('a_b.*')).toEqual(['a_b.c', 'a_b.c.d', 'a_b.x']);
  expect(await found('a_b.c.*')).toEqual(['a_b.c.d']);
  expect(await found('a_b.c')).toEqual(['a_b.c']);
  expect(await found('a%b.*')).toEqual(['a%b.c']);
  expect(await found('%.*')).toEqual([]);
  expect(await found('a_.*')).toEqual([]);
  expect(await found('____')).toEqual([]);
});

// proves A62
test("the registry's own changes are in the log by themselves", async () => {
  const tenant = await tenantIn(server, 'active');
  const { body } = await server.call(`GET /v1/audit?tenant_id=${tenant.id}&action=tenant.*`);
  expect(body.items.map(({ action }: { action: string }) => action)).toEqual(['tenant.activated', 'tenant.created']);
  expect(body.items[0]).toMatchObject({
    tenant_slug: tenant.slug,
    actor: { type: 'operator', id: 'operator_token', name: 'Operator token' },
    target: { type: 'tenant', id: tenant.id, name: tenant.name },
    source_ip: '127.0.0.1',
  });
});

/** The ids of an export. */
async function exported(query: string): Promise<string[]> {
  const response = await fetch(`${server.url}/v1/audit/export?${query}`, {
    headers: { authorization: `Bearer ${server.operatorToken}` },
  });
  const lines = (await response.text()).split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line).id);
}

test('tenants that are deleted are found by the slug that they had, by callers of the platform alone', async () => {
  const gone = await newTenant(server);
  const own = await append({ tenant_id: gone.id, product: mark() });
  const query = `deleted_tenant_slug=${gone.slug}`;
  expect(await idsOf(query)).toEqual([]);
  for (const step of ['cancel', 'archive']) await server.call(`POST /v1/tenants/${gone.id}/${step}`);
  expect((await server.call(`DELETE /v1/tenants/${gone.id}`)).status).toBe(204);
  // The slug is free again: rows of whoever has it now are not of those that are gone.
  const next = await newTenant(server, { slug: gone.slug });
  await append({ tenant_id: next.id });
  const found = await idsOf(query);
  expect(found).toContain(own.id);
  const { body } = await server.call(`GET /v1/audit?${query}`);
  const shown = body.items.map(({ tenant_id, tenant_slug }: Record<string, unknown>) => [tenant_id, tenant_slug]);
  expect(shown).toEqual(found.map(() => [null, gone.slug]));
  expect(await exported(query)).toEqual(found);
  expect(await idsOf(`${query}&product=${own.product}`)).toEqual([own.id]);
  expect(await idsOf(`${query}&q=EXPORTED`)).toEqual([own.id]);
  const key = await madeIn(server, next.id, 'api-keys', { name: 'k', scopes: ['registry:audit:read'] });
  for (const path of ['/v1/audit', '/v1/audit/export'])
    expect((await server.call(`GET ${path}?${query}`, { token: key.key })).status).toBe(404);
});

test('a search finds text in any case in the action, the names and the description, and knows no wildcards', async () => {
  const { id: tenant_id } = await newTenant(server);
  const other = await newTenant(server);
  const product = mark();
  const fields = [
    { action: 'Report.Opened' },
    { actor: { type: 'user', id: 'u', name: 'Ann Reporter' } },
    { target: { type: 't', id: 't', name: '100% REPORT_1' } },
    { description: 'A report of reports.' },
    { action: 'x', metadata: { report: 'report' }, external_id: 'report', request_id: 'report' },
  ];
  const ids: string[] = [];
  for (const each of fields)
    ids.push((await append({ tenant_id, product, action: 'x', occurred_at: undefined, ...each })).id);
  await append({ tenant_id: other.id, product, action: 'report.opened' });
  const own = `tenant_id=${tenant_id}&product=${product}`;
  const found = async (q: string) => {
    const query = `${own}&q=${encodeURIComponent(q)}`;
    const list = await idsOf(query);
    expect(await exported(query)).toEqual(list);
    return list.map((id) => ids.indexOf(id)).reverse();
  };
  expect(await found('rEpOrT')).toEqual([0, 1, 2, 3]);
  expect(await found('report.')).toEqual([0]);
  expect(await found('%')).toEqual([2]);
  expect(await found('t_1')).toEqual([2]);
  expect(await found('_')).toEqual([2]);
  expect(await found('of reports.')).toEqual([3]);
  expect(await found('absent')).toEqual([]);
  expect(await idsOf(`${own}&q=report&action=x`)).toEqual([ids[3], ids[2], ids[1]]);
  const page = await server.call(`GET /v1/audit?${own}&q=report&limit=3`);
  const rest = await server.call(`GET /v1/audit?${own}&q=report&limit=3&cursor=${page.body.next_cursor}`);
  expect([page.body.items.length, rest.body.items.map(({ id }: { id: string }) => id)]).toEqual([3, [ids[0]]]);
  expect(rest.body.next_cursor).toBeNull();
  const other_q = await server.call(`GET /v1/audit?${own}&q=reports&limit=3&cursor=${page.body.next_cursor}`);
  expect(other_q.body.code).toBe('invalid_cursor');
  // A caller of a tenant need not name it.
  const key = await madeIn(server, tenant_id, 'api-keys', { name: 'k', scopes: ['registry:audit:read'] });
  const asKey = await server.call(`GET /v1/audit?product=${product}&q=report`, { token: key.key });
  expect(asKey.body.items.map(({ id }: { id: string }) => id)).toEqual([ids[3], ids[2], ids[1], ids[0]]);
});

test('a page of a search ends where it stopped looking, and goes on from there', async () => {
  const { id: tenant_id } = await newTenant(server);
  const insert = (text: string, count: number, minutesAgo: number) =>
    sql`
    insert into audit_log (tenant_id, actor_type, actor_id, action, description, origin, created_at)
    select ${tenant_id}::uuid, 'user', 'u', 'x', ${text}::text, 'reported', now() - make_interval(mins => ${minutesAgo}::int)
    from generate_series(1, ${count}::int)`.execute(server.app.deps.db);
  await insert('needle', 1, 3);
  await insert('hay', 10_050, 2);
  await insert('needle', 1, 1);
  const first = await server.call(`GET /v1/audit?tenant_id=${tenant_id}&q=needle`);
  const second = await server.call(`GET /v1/audit?tenant_id=${tenant_id}&q=needle&cursor=${first.body.next_cursor}`);
  expect([first.body.items.length, second.body.items.length, second.body.next_cursor]).toEqual([1, 1, null]);
  const empty = await server.call(`GET /v1/audit?tenant_id=${tenant_id}&q=created&action=x`);
  expect([empty.body.items, typeof empty.body.next_cursor]).toEqual([[], 'string']);
  expect(await exported(`tenant_id=${tenant_id}&q=needle`)).toEqual([first.body.items[0].id, second.body.items[0].id]);
});

test("an archived tenant's log is read as before, and an unknown tenant has none", async () => {
  const { id } = await tenantIn(server, 'archived');
  expect(await idsOf(`tenant_id=${id}`)).toHaveLength(3);
  expect(await idsOf(`tenant_id=${UNKNOWN}`)).toEqual([]);
});

test('an unknown event is not found', async () => {
  const { status, body } = await server.call(`GET /v1/audit/${UNKNOWN}`);
  expect([status, body.code]).toEqual([404, 'not_found']);
});

test.each([
  ['limit=0', '/limit'],
  ['limit=201', '/limit'],
  ['tenant_id=acme', '/tenant_id'],
  ['product=', '/product'],
  ['actor_id=', '/actor_id'],
  ['target_id=', '/target_id'],
  ['action=', '/action'],
  ['action=*', '/action'],
  ['action=tenant*', '/action'],
  ['action=*.created', '/action'],
  ['action=a.*.b', '/action'],
  [`action=${'x'.repeat(199)}.*`, '/action'],
  ['since=yesterday', '/since'],
  ['since=2026-01-01', '/since'],
  ['since=0000-01-01T00:00:00Z', '/since'],
  ['until=2026-02-30T00:00:00Z', '/until'],
  ['until=9999-12-31T23:59:59-01:00', '/until'],
  ['since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z', '/since'],
  ['since=2026-01-01T00:00:00Z&since=2026-01-01T00:00:00Z', '/since'],
  ['q=x', '/q'],
  [`tenant_id=${UNKNOWN}&q=`, '/q'],
  [`tenant_id=${UNKNOWN}&q=${'x'.repeat(101)}`, '/q'],
  ['deleted_tenant_slug=', '/deleted_tenant_slug'],
  [`tenant_id=${UNKNOWN}&deleted_tenant_slug=acme`, '/deleted_tenant_slug'],
  ['text=x', '/text'],
])('a wrong query is refused by name, by the list and by the export: %s', async (query, pointer) => {
  const list = await server.call(`GET /v1/audit?${query}`);
  expect([list.status, list.body.errors?.[0].pointer]).toEqual([400, pointer]);
  const whole = await server.call(`GET /v1/audit/export?${query}`);
  expect([whole.status, whole.body.errors[0].pointer]).toEqual([400, pointer]);
});

// proves A51
test('pages repeat and lose nothing while others append, also when all were written in one moment', async () => {
  const product = mark();
  const { body } = await bulk(Array.from({ length: 25 }, () => eventOf({ product })));
  for (let index = 0; index < 5; index++) await append({ product });
  const all = await idsOf(`product=${product}&limit=200`);
  expect(all.slice(5)).toEqual([...body.ids].reverse());

  const seen: string[] = [];
  let cursor = '';
  do {
    const page = await server.call(`GET /v1/audit?product=${product}&limit=4${cursor}`);
    seen.push(...page.body.items.map(({ id }: { id: string }) => id));
    cursor = page.body.next_cursor === null ? '' : `&cursor=${page.body.next_cursor}`;
    await Promise.all([append({ product }), bulk([eventOf({ product }), eventOf({ product })])]);
  } while (cursor !== '');
  expect(seen).toEqual(all);
});

test('a cursor that was tampered with, or made for another filter or list, is refused', async () => {
  const product = mark();
  await bulk([1, 2, 3].map(() => eventOf({ product })));
  const { body } = await server.call(`GET /v1/audit?product=${product}&limit=1`);
  const cursor: string = body.next_cursor;
  const tampered = `${cursor.startsWith('A') ? 'B' : 'A'}${cursor.slice(1)}`;
  const tenants = await server.call('GET /v1/tenants?limit=1');
  const queries = [
    `product=${product}&cursor=${tampered}`,
    `product=${product}x&cursor=${cursor}`,
    `cursor=${cursor}`,
    `product=${product}&action=a&cursor=${cursor}`,
    `cursor=${tenants.body.next_cursor}`,
  ];
  for (const query of queries) {
    const { status, body: problem } = await server.call(`GET /v1/audit?${query}`);
    expect([status, problem.code], query).toEqual([400, 'invalid_cursor']);
  }
  expect((await server.call(`GET /v1/audit?product=${product}&limit=2&cursor=${cursor}`)).status).toBe(200);
});

test('an event can be neither changed nor deleted by any operation', async () => {
  const event = await append();
  for (const [path, allow] of [
    ['/v1/audit', 'POST, GET, HEAD'],
    ['/v1/audit/bulk', 'POST'],
    ['/v1/audit/export', 'GET, HEAD'],
    [`/v1/audit/${event.id}`, 'GET, HEAD'],
  ] as const) {
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      const { status, headers } = await server.call(`${method} ${path}`, { body: { action: 'nothing' } });
      expect([status, headers.get('allow')?.split(', ').sort()], `${method} ${path}`).toEqual([
        405,
        allow.split(', ').sort(),
      ]);
    }
  }
  expect((await server.call(`GET /v1/audit/${event.id}`)).body).toEqual(event);
});

// proves A51
test('a page of large events ends at 1 MiB with a cursor, over REST and tRPC, and pages hold each event once', async () => {
  const product = mark();
  await sql`
    insert into audit_log (product, actor_type, actor_id, action, metadata, created_at)
    select ${product}, 'user', 'u', 'made.up', jsonb_build_object('text', repeat('€', 20000)), now() + i * interval '1 ms'
    from generate_series(1, 40) as i`.execute(server.app.deps.db);
  const seen: string[] = [];
  const lengths: number[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${cursor}`;
    const { status, body } = await server.call(`GET /v1/audit?product=${product}&limit=200${query}`);
    expect(status).toBe(200);
    expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThanOrEqual(PAGE_BYTES_MAX);
    lengths.push(body.items.length);
    seen.push(...body.items.map(({ id }: { id: string }) => id));
    cursor = body.next_cursor;
  } while (cursor !== null);
  expect(lengths).toEqual([17, 17, 6]);
  expect(new Set(seen).size).toBe(40);
  const input = encodeURIComponent(JSON.stringify({ product, limit: 200 }));
  const { body } = await server.call(`GET /trpc/audit.list?input=${input}`);
  expect(body.result.data.items.map(({ id }: { id: string }) => id)).toEqual(seen.slice(0, 17));
});

test('an event can be neither changed nor deleted with the connection that the server itself has', async () => {
  const { id } = await append();
  const { db } = server.app.deps;
  const attempts = [
    () => db.updateTable('audit_log').set({ action: 'nothing' }).where('id', '=', id).execute(),
    () => db.deleteFrom('audit_log').where('id', '=', id).execute(),
  ];
  for (const attempt of attempts) await expect(attempt()).rejects.toThrow('append-only');
  expect((await server.call(`GET /v1/audit/${id}`)).body.action).toBe('report.exported');
});

// proves A14
test('an event outlives its tenant and still says whose it was', async () => {
  const tenant = await tenantIn(server, 'archived');
  const event = await append({ tenant_id: tenant.id, target: { type: 'tenant', id: tenant.id } });
  expect((await server.call(`DELETE /v1/tenants/${tenant.id}`)).status).toBe(204);
  const { body } = await server.call(`GET /v1/audit/${event.id}`);
  expect(body).toEqual({ ...event, tenant_id: null, tenant_slug: tenant.slug });
  expect(await idsOf(`tenant_id=${tenant.id}`)).toEqual([]);
  expect(await idsOf(`target_id=${tenant.id}`)).toHaveLength(5);
});

test('the log is read by operators alone: a product that appends cannot read', async () => {
  const { id } = await append();
  for (const call of ['GET /v1/audit', `GET /v1/audit/${id}`, 'GET /v1/audit/export']) {
    const { status, body } = await server.call(call, { token: server.internalToken });
    expect([status, body.permission]).toEqual([403, 'audit:read']);
  }
});
