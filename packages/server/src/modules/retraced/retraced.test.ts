import { randomBytes } from 'node:crypto';
import { Client, type CRUD, type Event } from '@retracedhq/retraced';
import { configRelay, retraced } from '@tenant-registry/db';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import {
  madeIn,
  newProject,
  newTenant,
  runWorker,
  tenantIn,
  testServer,
  trailOf,
  UNKNOWN,
} from '../../../test/support/server.ts';
import { systemContext } from '../../kernel/system-context.ts';
import { parseSearch } from './search-query.ts';
import { searchEvents } from './searching.ts';
import { viewerGrant } from './viewers.ts';

const server = testServer();

const HOUR_MS = 3_600_000;
let count = 0;
/** A product that only the calling test's events have. */
const newProduct = () => `retraced-${++count}`;

/** The official client, unmodified. */
const clientOf = (projectId: string, apiKey = server.internalToken, viewLogAction?: string) =>
  new Client({
    apiKey,
    projectId,
    endpoint: `${server.url}/retraced`,
    component: 'web',
    version: '1.2.3',
    ...(viewLogAction === undefined ? {} : { viewLogAction }),
  });

const newKey = async (tenant_id: string, scopes: string[], fields: object = {}) =>
  madeIn(server, tenant_id, 'api-keys', { name: 'retraced', scopes, ...fields });

const BOTH = ['registry:audit:append', 'registry:audit:read'];
const everything = {
  id: true,
  action: true,
  description: true,
  group: { id: true, name: true },
  actor: { id: true, name: true, href: true, fields: true },
  target: { id: true, name: true, href: true, type: true, fields: true },
  crud: true,
  display: { markdown: true },
  received: true,
  created: true,
  canonical_time: true,
  is_failure: true,
  is_anonymous: true,
  source_ip: true,
  component: true,
  version: true,
  fields: true,
  external_id: true,
  metadata: true,
};
const mask = { id: true, action: true };

const send = async (path: string, { token = server.internalToken, body, method = 'POST', headers = {} }: Sent = {}) => {
  const response = await fetch(`${server.url}/retraced${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: token.includes('=') ? token : `Token token=${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  return { status: response.status, headers: response.headers, body: JSON.parse(text) as any };
};
interface Sent {
  readonly token?: string | null;
  readonly body?: unknown;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const publish = (product: string, body: unknown, sent: Sent = {}) =>
  send(`/publisher/v1/project/${product}/event`, { body, ...sent });
const bulk = (product: string, events: unknown, sent: Sent = {}) =>
  send(`/publisher/v1/project/${product}/event/bulk`, { body: { events }, ...sent });
const search = (product: string, query: string, sent: Sent = {}) =>
  send(`/publisher/v1/project/${product}/graphql`, { body: asked(query), ...sent });
const asked = (query: string, variables: object = {}) => ({
  query:
    'query S($query: String!, $last: Int, $before: String) { search(query: $query, last: $last, before: $before) { totalCount pageInfo { hasPreviousPage } edges { cursor node { action actor { id } group { id } } } } }',
  variables: { query, ...variables },
});
const actions = (answer: { body: { data: { search: { edges: { node: { action: string } }[] } } } }) =>
  answer.body.data.search.edges.map(({ node }) => node.action);
const least = (fields: object = {}) => ({ action: 'user.login', crud: 'c' as CRUD, actor: { id: 'u-1' }, ...fields });

// proves A30
test('the official client reports an event whole, and reads all of it back', async () => {
  const [{ id: tenant_id, slug }, product] = [await newTenant(server), newProduct()];
  const client = clientOf(product);
  const event: Event = {
    action: 'user.login',
    crud: 'c',
    group: { id: slug, name: 'Acme' },
    actor: { id: 'u-1', name: 'Zoë *bold*', href: 'https://x.example/u-1', fields: { role: 'admin' } },
    target: { id: 't-1', name: 'Report', href: 'https://x.example/t-1', type: 'report', fields: { pages: '3' } },
    source_ip: '2001:db8::1',
    description: 'logged in: 100%',
    is_failure: true,
    created: new Date('2026-01-15T09:30:00.123Z'),
    fields: { 'a:b': 'c=d;e%', empty: '' },
    external_id: 'ext:1',
    metadata: { plan: 'x' },
  };
  const id = await client.reportEvent(event);
  const { currentResults, totalCount } = await client.query({ action: 'user.login' }, everything, 10);
  expect(totalCount).toBe(1);
  const { group: _, created, ...sent } = event;
  expect(currentResults).toEqual(
    [
      {
        ...sent,
        id,
        source_ip: undefined,
        group: { id: tenant_id, name: slug },
        display: { markdown: '**Zoë \\*bold\\*** performed the action **user.login** on the item **Report**.' },
        created,
        canonical_time: created,
        received: expect.any(Date),
        is_anonymous: false,
        country: null,
        component: 'web',
        version: '1.2.3',
        metadata: [{ key: 'plan', value: 'x' }],
      },
    ].map(({ source_ip: __, ...rest }) => rest),
  );
  const { body: row } = await server.call(`GET /v1/audit/${id}`);
  expect(row).toMatchObject({
    tenant_id,
    product,
    origin: 'reported',
    reported_by: 'internal_token',
    actor: { type: 'user', id: 'u-1' },
    target: { type: 'report' },
    metadata: { plan: 'x' },
    source_ip: '2001:db8::1',
    occurred_at: '2026-01-15T09:30:00.123Z',
    crud: 'c',
    external_id: 'ext:1',
  });
  expect(row.extra).toEqual({
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    group: { name: 'Acme' },
    actor: { href: 'https://x.example/u-1', fields: { role: 'admin' } },
    target: { href: 'https://x.example/t-1', type: 'report', fields: { pages: '3' } },
    fields: event.fields,
    component: 'web',
    version: '1.2.3',
  });
});

// proves A30
test('the official client pages through hundreds of events, each of whose hashes it has checked', async () => {
  const [{ id: group }, product] = [await newTenant(server), newProduct()];
  const client = clientOf(product);
  const events = Array.from({ length: 250 }, (_, index) =>
    least({
      action: `thing.${index}`,
      group: { id: group },
      fields: { n: String(index), '%;=:': '%;=:' },
      metadata: index % 3 === 0 ? {} : { empty: '' },
      external_id: index % 2 === 0 ? '' : `e:${index}`,
    }),
  );
  const ids = await client.reportEvents(events);
  expect(new Set(ids).size).toBe(250);
  const pages = await client.query({ crud: 'c' }, mask, 100);
  expect([pages.totalPages(), pages.hasPreviousPage(), pages.hasNextPage()]).toEqual([3, false, true]);
  const read = [...pages.currentResults];
  while (pages.hasNextPage()) {
    await pages.nextPage();
    read.push(...pages.currentResults);
  }
  expect([pages.currentPageNumber, pages.totalCount, pages.hasPreviousPage()]).toEqual([3, 250, true]);
  expect(read.map(({ id }) => id)).toEqual([...ids].reverse());
});

test('an anonymous event needs no actor, and actions of the registry are what the product says', async () => {
  const product = newProduct();
  const client = clientOf(product);
  const ids = [
    await client.reportEvent({ action: 'project.create', crud: 'c', is_anonymous: true }),
    await client.reportEvent(least({ action: 'tenant.deleted' })),
  ];
  const { currentResults } = await client.query({}, everything, 5);
  expect(currentResults).toMatchObject([
    { id: ids[1], action: 'tenant.deleted', is_anonymous: false, group: { id: null }, target: { id: null } },
    { id: ids[0], action: 'project.create', is_anonymous: true, actor: { id: 'anonymous', name: null } },
  ]);
  const { body } = await server.call(`GET /v1/audit?product=${product}&origin=registry`);
  expect(body.items).toEqual([]);
});

test('a search finds by each of its words, in the product alone', async () => {
  const [tenant, product] = [await newTenant(server), newProduct()];
  const at = (created: string) => ({ created });
  const sent = [
    least({ action: 'a.one', crud: 'r', actor: { id: 'x', name: 'Jane Doe' }, ...at('2026-01-01T00:00:00Z') }),
    least({ action: 'a.two', group: { id: tenant.id }, target: { id: 't' }, ...at('2026-02-01T00:00:00Z') }),
    least({ action: 'b.one', description: 'Some Words, here', source_ip: '192.0.2.7', ...at('2026-03-01T00:00:00Z') }),
    least({ action: 'b_two', external_id: 'ext-1', crud: 'd', ...at('2026-04-01T00:00:00Z') }),
  ];
  expect((await bulk(product, sent)).status).toBe(201);
  await bulk(newProduct(), sent);
  const found = async (query: string) => {
    const answer = await search(product, query);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return actions(answer).sort();
  };
  expect(await found('')).toEqual(['a.one', 'a.two', 'b.one', 'b_two']);
  expect(await found('action:a.*')).toEqual(['a.one', 'a.two']);
  expect(await found('action:a.one,b_*')).toEqual(['a.one', 'b_two']);
  expect(await found('action:a.one')).toEqual(['a.one']);
  expect(await found('crud:r,d')).toEqual(['a.one', 'b_two']);
  expect(await found('actor.name:"jane doe"')).toEqual(['a.one']);
  expect(await found('actor.id:x')).toEqual(['a.one']);
  expect(await found('target.id:t')).toEqual(['a.two']);
  expect(await found('external_id:ext-1')).toEqual(['b_two']);
  expect(await found('description:"some words"')).toEqual(['b.one']);
  expect(await found('location:192.0.2')).toEqual(['b.one']);
  expect(await found('words here')).toEqual(['b.one']);
  expect(await found('words there')).toEqual([]);
  expect(await found('created:2026-02-01,2026-04-01')).toEqual(['a.two', 'b.one']);
  expect(await found('created:2026-03-01,')).toEqual(['b.one', 'b_two']);
  expect(await found('received:,2026-01-01')).toEqual([]);
  expect(await found('\'; drop table audit_log;--"%_')).toEqual([]);
});

// proves A30
test('a key publishes into its tenant and reads its tenant, and knows no other group', async () => {
  const [own, other, product] = [await newTenant(server), await newTenant(server), newProduct()];
  const key = await newKey(own.id, BOTH);
  const client = clientOf(product, key.key);
  await client.reportEvent(least({ action: 'by.key' }));
  await client.reportEvent(least({ action: 'by.id', group: { id: own.id } }));
  await clientOf(product).reportEvents([least({ group: { id: other.id } }), least()]);
  const { currentResults, totalCount } = await client.query({}, { ...mask, group: { id: true } }, 10);
  expect(totalCount).toBe(2);
  expect(currentResults.map(({ group }) => group?.id)).toEqual([own.id, own.id]);
  expect((await trailOf(server, own.id)).filter((row) => row.product === product)).toMatchObject([
    { reported_by: `api_key:${key.id}` },
    { reported_by: `api_key:${key.id}` },
  ]);
  const groups = [other.id, other.slug, 'nobody'];
  for (const id of groups) {
    const refused = await publish(product, least({ group: { id } }), { token: key.key });
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([404, '/group/id']);
    const query = new URLSearchParams({ group_id: id, actor_id: 'v' });
    const path = `/publisher/v1/project/${product}/viewertoken?${query}`;
    expect((await send(path, { method: 'GET', token: key.key })).status).toBe(404);
  }
  await expect(client.reportEvent(least({ group: { id: other.id } }))).rejects.toThrow('404 Not Found');
});

test('a key that is bound to a project writes and reads there alone', async () => {
  const [tenant, product] = [await newTenant(server), newProduct()];
  const project = await newProject(server, tenant.id);
  const key = await newKey(tenant.id, BOTH, { project_id: project.id });
  await clientOf(product).reportEvent(least({ action: 'of.tenant', group: { id: tenant.id } }));
  const id = await clientOf(product, key.key).reportEvent(least({ action: 'of.project' }));
  expect((await server.call(`GET /v1/audit/${id}`)).body).toMatchObject({
    project_id: project.id,
    tenant_id: tenant.id,
  });
  expect(actions(await search(product, '', { token: key.key }))).toEqual(['of.project']);
});

// proves A30
test('a bulk with one mistake writes nothing, and names its place', async () => {
  const product = newProduct();
  const events = (wrong: object) => [least(), least(), least(wrong), least()];
  for (const [wrong, status, pointer] of [
    [{ action: '' }, 400, '/events/2/action'],
    [{ actor: {} }, 400, '/events/2/actor'],
    [{ fields: { a: { b: 1 } } }, 400, '/events/2/fields/a'],
    [{ fields: { a: 'nul \0' } }, 400, '/events/2/fields/a'],
    [{ created: '2999-01-01T00:00:00Z' }, 400, '/events/2/created'],
    [{ group: { id: 'nobody' } }, 404, '/events/2/group/id'],
  ] as const) {
    const answer = await bulk(product, events(wrong));
    expect([answer.status, answer.body.errors.map((each: { pointer: string }) => each.pointer)]).toEqual([
      status,
      [pointer],
    ]);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  }
  for (const many of [[], Array.from({ length: 1_001 }, () => least()), 'x'])
    expect((await bulk(product, many)).status).toBe(400);
  expect((await search(product, '')).body.data.search.totalCount).toBe(0);
  expect(
    (
      await bulk(
        product,
        Array.from({ length: 1_000 }, () => least()),
      )
    ).body,
  ).toHaveLength(1_000);
});

test.each(['token=%', 'Token token=%', 'TOKEN TOKEN=%', 'Bearer %'])('the credential is taken as %s', async (form) => {
  const response = await fetch(`${server.url}/retraced/publisher/v1/project/x/graphql`, {
    method: 'POST',
    headers: { authorization: form.replace('%', server.internalToken), 'content-type': 'application/json' },
    body: JSON.stringify(asked('action:nothing')),
  });
  expect(response.status).toBe(200);
});

// proves A30
test('without a credential, with a wrong one, and without the permission nothing is done', async () => {
  const [tenant, product] = [await newTenant(server), newProduct()];
  const [reader, writer] = [await newKey(tenant.id, [BOTH[1] ?? '']), await newKey(tenant.id, [BOTH[0] ?? ''])];
  const viewer = `/publisher/v1/project/${product}/viewertoken?actor_id=v`;
  const ask = async (token: string | null) => [
    (await publish(product, least(), { token })).status,
    (await bulk(product, [least()], { token })).status,
    (await search(product, '', { token })).status,
    (await send(viewer, { method: 'GET', token })).status,
  ];
  expect(await ask(null)).toEqual([401, 401, 401, 401]);
  expect(await ask(`bp_${'A'.repeat(22)}`)).toEqual([401, 401, 401, 401]);
  expect(await ask(reader.key)).toEqual([403, 403, 200, 200]);
  expect(await ask(writer.key)).toEqual([201, 201, 403, 403]);
  expect(await ask(server.operatorToken)).toEqual([403, 403, 403, 403]);
  await expect(clientOf(product, 'wrong').reportEvent(least())).rejects.toThrow('401 Unauthorized');
  const { body } = await publish(product, least(), { token: reader.key });
  expect(body).toMatchObject({ code: 'forbidden', permission: 'audit:append' });
  await runWorker(server, 'access-audit');
  const denied = (await trailOf(server, tenant.id)).filter(({ action }) => action === 'access.denied');
  expect(denied).toMatchObject([{ actor_id: reader.id, target_id: 'retraced.publish', metadata: { count: 3 } }]);
});

const session = async (token: string) => send('/viewer/v1/viewersession', { token: null, body: { token } });
const view = async (token: string, { query = '', path = '', variables = {} } = {}) =>
  send(`/viewer/v1/graphql${path}`, { token: null, headers: { authorization: token }, body: asked(query, variables) });

// proves A30
test('a viewer sees its group in its product, an hour long, and each look is written down', async () => {
  const [tenant, other, product] = [await newTenant(server), await newTenant(server), newProduct()];
  await clientOf(product).reportEvents([
    least({ action: 'seen', group: { id: tenant.id } }),
    least({ action: 'of.another', group: { id: other.id } }),
    least({ action: 'of.nobody' }),
  ]);
  await clientOf(newProduct()).reportEvent(least({ action: 'of.another.product', group: { id: tenant.id } }));
  const token = await clientOf(product, undefined, 'log.looked').getViewerToken(tenant.slug, 'viewer-1', false);
  const opened = await session(token);
  expect([opened.status, opened.body]).toEqual([200, { project_id: product, token: expect.any(String) }]);
  const first = await view(opened.body.token, { path: '?skipViewLogEvent=true' });
  expect([first.status, actions(first)]).toEqual([200, ['seen']]);
  expect(actions(await view(opened.body.token))).toEqual(['log.looked', 'seen']);
  const rows = (await trailOf(server, tenant.id)).filter(({ action }) => action === 'log.looked');
  expect(rows).toMatchObject(
    Array(2).fill({
      actor_type: 'user',
      actor_id: 'viewer-1',
      product,
      crud: 'r',
      origin: 'reported',
      reported_by: 'internal_token',
      source_ip: '127.0.0.1',
      description: 'Viewed the audit log',
    }),
  );
  // A token of one kind is none of the other.
  expect((await session(opened.body.token)).status).toBe(401);
  expect((await view(token)).status).toBe(401);
  for (const forged of ['x', `${opened.body.token}x`, opened.body.token.replace('rtv_', 'rtv_A'), 'undefined'])
    expect([(await view(forged)).status, (await session(forged)).status]).toEqual([401, 401]);
  for (const path of ['/v1/me', '/v1/audit'])
    expect((await server.call(`GET ${path}`, { token: opened.body.token })).status).toBe(401);
  expect((await search(product, '', { token: opened.body.token })).status).toBe(401);
  expect((await send('/viewer/v1/graphql', { token: null, body: asked('') })).status).toBe(401);
  server.clock.advance(HOUR_MS + 1);
  const late = await view(opened.body.token);
  expect([late.status, late.body.code]).toEqual([401, 'unauthenticated']);
  expect((await session(token)).status).toBe(401);
});

test('the page of an administrator may leave its own looks out', async () => {
  const [tenant, product] = [await newTenant(server), newProduct()];
  const token = await clientOf(product).getViewerToken(tenant.id, 'admin-portal', true);
  const { body } = await session(token);
  await view(body.token, { path: '?skipViewLogEvent=true' });
  expect(actions(await view(body.token))).toEqual([]);
  expect(actions(await view(body.token))).toEqual(['audit.log.view']);
});

test('a viewer may be narrowed to one target, and need not be named', async () => {
  const [tenant, product] = [await newTenant(server), newProduct()];
  const to = (id: string) => least({ action: `on.${id}`, group: { id: tenant.id }, target: { id } });
  await clientOf(product).reportEvents([to('one'), to('two')]);
  const path = `/publisher/v1/project/${product}/viewertoken?team_id=${tenant.id}&target_id=one`;
  const { body } = await session((await send(path, { method: 'GET' })).body.token);
  expect(actions(await view(body.token))).toEqual(['on.one']);
  expect(actions(await view(body.token, { query: 'target.id:two' }))).toEqual([]);
  expect((await trailOf(server, tenant.id)).at(-1)).toMatchObject({ actor_type: 'anonymous', target_id: 'one' });
});

test('a viewer whose names make too long a token is refused', async () => {
  const get = (actor_id: string, target_id: string) => {
    const path = `/publisher/v1/project/x/viewertoken?${new URLSearchParams({ actor_id, target_id })}`;
    return send(path, { method: 'GET' });
  };
  expect((await get('a'.repeat(500), 't'.repeat(500))).status).toBe(200);
  for (const [actor, target] of [
    ['€'.repeat(500), '€'.repeat(500)],
    ['a'.repeat(501), ''],
    ['\0', ''],
  ] as const)
    expect((await get(actor, target)).status).toBe(400);
});

test('a token waits five minutes for its session', async () => {
  const token = await clientOf(newProduct()).getViewerToken((await newTenant(server)).id, 'v', false);
  server.clock.advance(299_000);
  expect((await session(token)).status).toBe(200);
  server.clock.advance(2_000);
  expect((await session(token)).status).toBe(401);
});

// proves A30
test('a session of a viewer ends with the key that it was made with', async () => {
  const [tenant, product] = [await newTenant(server), newProduct()];
  const key = await newKey(tenant.id, BOTH);
  const token = await clientOf(product, key.key).getViewerToken(tenant.id, 'v', false);
  const { body } = await session(token);
  expect((await view(body.token)).status).toBe(200);
  expect((await trailOf(server, tenant.id)).at(-1)).toMatchObject({ reported_by: `api_key:${key.id}` });
  expect((await server.call(`DELETE /v1/api-keys/${key.id}`)).status).toBeLessThan(300);
  expect((await view(body.token)).body).toMatchObject({ status: 401, code: 'unauthenticated' });
  expect((await session(token)).status).toBe(401);
});

test('a session of a viewer ends when the key expires, and who sends no token of ours is noted', async () => {
  const [tenant, product] = [await newTenant(server), newProduct()];
  const expires_at = new Date(server.clock.now().getTime() + 60_000).toISOString();
  const key = await newKey(tenant.id, BOTH, { expires_at });
  const { body } = await session(await clientOf(product, key.key).getViewerToken(tenant.id, 'v', false));
  expect((await view(body.token)).status).toBe(200);
  server.clock.advance(61_000);
  expect((await view(body.token)).status).toBe(401);
  expect((await session('rtv_forged.token')).status).toBe(401);
  await runWorker(server, 'access-audit');
  const { db } = server.app.deps;
  const failed = await db.selectFrom('audit_log').selectAll().where('action', '=', 'access.sign_in_failed').execute();
  const reasons = failed
    .filter(({ metadata }) => metadata['credential'] === 'other')
    .map(({ metadata }) => metadata['reason']);
  expect(reasons).toEqual(expect.arrayContaining(['revoked', 'unknown']));
});

// proves A30
test('the database shows no row of another tenant, whatever a search asks it for', async () => {
  const [own, other, product] = [await newTenant(server), await newTenant(server), newProduct()];
  await clientOf(product).reportEvents([own, other].map(({ id }) => least({ group: { id } })));
  const { forTenant, db } = server.app.deps;
  const found = async (handle: typeof db, tenant_id: string | undefined) => {
    const scope = { product, tenant_id, project_id: null, target_id: null };
    const page = { limit: 10, after: undefined, bytesMax: 1_000_000, rowsMax: 100 };
    const { rows } = await retraced.listRetracedEvents(handle, { scope, search: parseSearch('') }, page);
    return rows.map((row) => row.tenant_id);
  };
  const scoped = forTenant({ tenant_id: own.id, project_id: null });
  expect(await found(db, undefined)).toEqual([other.id, own.id]);
  expect(await found(scoped, undefined)).toEqual([own.id]);
  expect(await found(scoped, other.id)).toEqual([]);
});

test('a frozen and an archived tenant is written to and read all the same', async () => {
  for (const status of ['frozen', 'archived'] as const) {
    const [tenant, product] = [await tenantIn(server, status), newProduct()];
    await clientOf(product).reportEvent(least({ group: { id: tenant.id } }));
    expect(actions(await search(product, ''))).toEqual(['user.login']);
  }
});

test('a cursor goes on with the search that it came from, and with no other', async () => {
  const product = newProduct();
  await bulk(product, [least(), least(), least()]);
  const page = (query: string, variables: object) =>
    send(`/publisher/v1/project/${product}/graphql`, { body: asked(query, variables) });
  const first = await page('crud:c', { last: 2, before: '' });
  const [, { cursor }] = first.body.data.search.edges;
  expect(first.body.data.search).toMatchObject({ totalCount: 3, pageInfo: { hasPreviousPage: true } });
  const second = await page('crud:c', { last: 2, before: cursor });
  expect(second.body.data.search).toMatchObject({ totalCount: 3, pageInfo: { hasPreviousPage: false }, edges: [{}] });
  for (const [query, before] of [
    ['crud:d', cursor],
    ['crud:c', 'x'],
    ['crud:c', randomBytes(40).toString('base64url')],
  ]) {
    const { status, body } = await page(query, { before });
    expect([status, body.errors[0].extensions]).toEqual([400, { code: 'search_invalid' }]);
  }
  for (const last of [0, 101, -1]) expect((await page('', { last })).status).toBe(400);
  expect((await page('crud:x', {})).body.errors[0].message).toMatch(/crud/);
});

// proves A30
test('a search goes on where few events fit, and says so where none of very many does', async () => {
  const [tenant, product] = [await newTenant(server), newProduct()];
  await sql`
    insert into audit_log (tenant_id, product, actor_type, actor_id, action, origin, reported_by, created_at)
    select ${tenant.id}, ${product}, 'user', 'u', case when i in (3, 4, 38) then 'rare' else 'made.up' end,
      'reported', 'x', now() - i * interval '1 second'
    from generate_series(1, 45) as i`.execute(server.app.deps.db);
  const ctx = systemContext(server.app.deps, { name: 'test' });
  const bounds = { rows: 10, statements: 4 };
  const scope = { product, tenant_id: tenant.id, project_id: null, target_id: null };
  const page = (before: string, query = 'rare', last = 2) => searchEvents(ctx, scope, { query, last, before, bounds });
  const first = await page('');
  expect(first).toMatchObject({ totalCount: 3, pageInfo: { hasPreviousPage: true }, edges: [{}, {}] });
  const second = await page(first.edges[1]?.cursor ?? '');
  expect(second).toMatchObject({ totalCount: 5, pageInfo: { hasPreviousPage: true }, edges: [{}] });
  const third = await page(second.edges[0]?.cursor ?? '');
  expect(third).toMatchObject({ totalCount: 4, pageInfo: { hasPreviousPage: false }, edges: [] });
  // A cut page goes on from its own last event, and not from where the statement had looked.
  const one = await page('', 'rare', 1);
  expect((await page(one.edges[0]?.cursor ?? '', 'rare', 1)).edges[0]?.node.id).toBe(first.edges[1]?.node.id);
  await expect(page('', 'absent')).rejects.toMatchObject({ code: 'search_too_wide' });
  expect((await page('', 'action:absent')).edges).toEqual([]);
});

test('what an internal token has made ends when it is no longer one', async () => {
  const token = await clientOf(newProduct()).getViewerToken((await newTenant(server)).id, 'v', false);
  const { deps } = server.app;
  const turned = (...internalTokens: string[]) => ({ ...deps, retraced: { ...deps.retraced, internalTokens } });
  const grant = { actor_id: 'v', minted: { by: 'internal' } };
  expect(await viewerGrant(turned('x'.repeat(40), server.internalToken), 'viewer_token', token)).toMatchObject(grant);
  await expect(viewerGrant(turned('x'.repeat(40)), 'viewer_token', token)).rejects.toThrow('no longer valid');
});

test('the store of configurations takes no tenant for deleted because a product says so', async () => {
  const ids = [UNKNOWN, (await newTenant(server)).id];
  await clientOf(newProduct()).reportEvents(
    ids.map((id) => least({ action: 'tenant.deleted', target: { id, type: 'tenant' } })),
  );
  const missing = await configRelay.listMissingTenants(server.app.deps.db, ids);
  expect(missing).toEqual([{ tenant_id: UNKNOWN, deleted: false }]);
});

test('what the viewer asks for besides is not there', async () => {
  for (const [method, path] of [
    ['GET', '/viewer/v1/project/p/exports?limit='],
    ['POST', '/viewer/v1/project/p/export'],
    ['GET', '/viewer/v1/project/p/export/1/rendered'],
    ['GET', '/viewer/v1/project/p/eitapi_tokens'],
    ['POST', '/viewer/v1/project/p/eitapi_token'],
  ] as const)
    expect((await send(path, { method, ...(method === 'POST' ? { body: {} } : {}) })).body.code).toBe(
      'route_not_found',
    );
});
