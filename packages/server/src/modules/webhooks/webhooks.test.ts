import { expect, test } from 'vitest';
import { newKey } from '../../../test/support/api-keys.ts';
import { auditOf, DAY_MS, newTenant, runWorker, tenantIn, testServer, UNKNOWN } from '../../../test/support/server.ts';
import { deliveriesOf, NOWHERE, newWebhook, sequenceAll } from '../../../test/support/webhooks.ts';

const server = testServer();

const create = (fields: Record<string, unknown>) =>
  server.call('POST /v1/webhooks', { body: { url: NOWHERE, event_types: ['*'], ...fields } });
const patch = (id: string, body: Record<string, unknown>, headers: Record<string, string> = {}) =>
  server.call(`PATCH /v1/webhooks/${id}`, { body, headers });
const actionsOf = async (id: string) => (await auditOf(server, id)).map(({ action }) => action);
const rowOf = (id: string) =>
  server.app.deps.db.selectFrom('webhook_endpoints').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
const tokenOf = async (tenant_id: string) =>
  (await newKey(server, { tenant_id, scopes: ['registry:webhooks:read', 'registry:webhooks:write'] })).key;

test('a webhook is made with its Location, its ETag, its audit row, its event, and a secret that is shown once', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { status, headers, body } = await create({
    tenant_id,
    event_types: ['tenant.*', 'tenant.*', 'project.created'],
  });
  const { secret, ...made } = body;
  expect([status, headers.get('location')]).toEqual([201, `/v1/webhooks/${made.id}`]);
  expect(made).toEqual({
    id: expect.any(String),
    tenant_id,
    url: NOWHERE,
    description: null,
    event_types: ['tenant.*', 'project.created'],
    ordering: 'aggregate',
    format: 'json',
    signature: 'hmac',
    public_key: null,
    status: 'active',
    disabled_reason: null,
    created_at: expect.any(String),
    updated_at: made.created_at,
  });
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const read = await server.call(`GET /v1/webhooks/${made.id}`);
  expect([read.body, read.headers.get('etag')]).toEqual([made, headers.get('etag')]);
  expect(await auditOf(server, made.id)).toMatchObject([
    { action: 'webhook.created', tenant_id, target_type: 'webhook', target_name: NOWHERE, metadata: made },
  ]);
  await sequenceAll(server);
  const events = server.app.deps.db.selectFrom('events').select(['event_type', 'payload']);
  expect(await events.where('aggregate_id', '=', made.id).execute()).toEqual([
    { event_type: 'webhook.created', payload: made },
  ]);
});

test.each([
  ['/url', 'invalid_input', { url: '' }],
  ['/url', 'invalid_input', { url: `https://hooks.acme.example/${'a'.repeat(2_000)}` }],
  ['/url', 'webhook_url_refused', { url: 'http://hooks.acme.example/' }],
  ['/url', 'webhook_url_refused', { url: 'https://127.0.0.1/' }],
  ['/url', 'webhook_url_refused', { url: 'https://0x7f000001/' }],
  ['/url', 'webhook_url_refused', { url: 'https://169.254.169.254/latest' }],
  ['/url', 'webhook_url_refused', { url: 'https://[::ffff:10.0.0.1]/' }],
  ['/url', 'webhook_url_refused', { url: 'https://user:password@hooks.acme.example/' }],
  ['/url', 'webhook_url_refused', { url: 'https://hooks.acme.example/#fragment' }],
  ['/url', 'webhook_url_refused', { url: 'https://hooks.acme.example/#' }],
  ['/url', 'webhook_url_refused', { url: 'https://bücher.example/' }],
  ['/url', 'webhook_url_refused', { url: 'nothing' }],
  ['/event_types', 'invalid_input', { event_types: [] }],
  ['/event_types', 'invalid_input', { event_types: Array(101).fill('*') }],
  ['/event_types/1', 'unknown_event_type', { event_types: ['*', 'tenant.exploded'] }],
  ['/event_types/0', 'unknown_event_type', { event_types: ['nothing.*'] }],
  ['/event_types/0', 'unknown_event_type', { event_types: ['tenant*'] }],
  ['/event_types/0', 'unknown_event_type', { event_types: ['tenant.created.*'] }],
  ['/event_types/0', 'unknown_event_type', { event_types: ['webhook.test'] }],
  ['/ordering', 'invalid_input', { ordering: 'none' }],
  ['/format', 'invalid_input', { format: 'xml' }],
  ['/signature', 'invalid_input', { signature: 'rsa' }],
  ['/description', 'invalid_input', { description: '' }],
  ['/secret', 'invalid_input', { secret: 'whsec_' }],
  ['/secret', 'invalid_input', { secret: `whsec_${Buffer.alloc(23).toString('base64')}` }],
  ['/secret', 'invalid_input', { secret: `whsec_${Buffer.alloc(65).toString('base64')}` }],
  ['/secret', 'invalid_input', { secret: Buffer.alloc(32).toString('base64') }],
  ['/secret', 'invalid_input', { secret: `whsec_${'A'.repeat(45)}` }],
  ['/secret', 'invalid_input', { secret: `whsec_${Buffer.alloc(25).toString('base64').replace('A==', 'B==')}` }],
  ['/secret', 'invalid_input', { secret: `whsec_${Buffer.alloc(32).toString('base64')}`, signature: 'ed25519' }],
])('a mistake at %s is answered with %s: %j', async (pointer, code, fields) => {
  const { id: tenant_id } = await newTenant(server);
  const { status, body } = await create({ tenant_id, ...fields });
  expect([status, body.code, body.errors[0].pointer, body.errors[0].in]).toEqual([400, code, pointer, 'body']);
  expect(body.errors).toHaveLength(1);
  expect((await server.call(`GET /v1/webhooks?tenant_id=${tenant_id}`)).body.items).toEqual([]);
});

test('a change is held to the rules of a creation', async () => {
  const { id } = await newWebhook(server, (await newTenant(server)).id);
  for (const [body, code] of [
    [{ url: 'https://10.0.0.1/' }, 'webhook_url_refused'],
    [{ event_types: ['nothing'] }, 'unknown_event_type'],
    [{ signature: 'ed25519' }, 'invalid_input'],
    [{ tenant_id: UNKNOWN }, 'invalid_input'],
  ] as const) {
    const { status, body: problem } = await patch(id, body);
    expect([status, problem.code], JSON.stringify(body)).toEqual([400, code]);
  }
  expect(await actionsOf(id)).toEqual(['webhook.created']);
});

test('a change is refused with a stale If-Match, recorded once, and says nothing when it changes nothing', async () => {
  const { id, ...made } = await newWebhook(server, (await newTenant(server)).id, { description: 'First' });
  const { headers } = await server.call(`GET /v1/webhooks/${id}`);
  const changes = {
    url: 'https://other.acme.example/',
    event_types: ['user.*'],
    ordering: 'endpoint',
    format: 'cloudevents',
  };
  const changed = await patch(id, { ...changes, description: null }, { 'if-match': headers.get('etag') ?? '' });
  expect([changed.status, changed.body]).toMatchObject([200, { ...changes, description: null, status: 'active' }]);
  expect(changed.body.updated_at > made.created_at).toBe(true);
  const stale = await patch(id, { description: 'Late' }, { 'if-match': headers.get('etag') ?? '' });
  expect([stale.status, stale.body.code]).toEqual([412, 'precondition_failed']);
  const again = await patch(id, changes);
  expect([again.body, again.headers.get('etag')]).toEqual([changed.body, changed.headers.get('etag')]);
  expect(await actionsOf(id)).toEqual(['webhook.created', 'webhook.updated']);
});

test('disabling cancels what waits and enabling forgets the failures; neither is done twice', async () => {
  const { id: tenant_id } = await newTenant(server);
  await sequenceAll(server);
  const { id } = await newWebhook(server, tenant_id);
  await sequenceAll(server);
  const { db } = server.app.deps;
  await db
    .updateTable('webhook_endpoints')
    .set({ failures: 7, failing_since: new Date(), next_at: null })
    .where('id', '=', id)
    .execute();
  expect((await deliveriesOf(server, id)).map(({ state }: { state: string }) => state)).toEqual(['pending']);
  for (const _ of [1, 2]) {
    const { body } = await patch(id, { status: 'disabled', description: 'Off' });
    expect(body).toMatchObject({ status: 'disabled', disabled_reason: 'requested', description: 'Off' });
  }
  expect(await deliveriesOf(server, id)).toMatchObject([{ state: 'canceled', next_attempt_at: null }]);
  expect(await rowOf(id)).toMatchObject({ failures: 7 });
  await sequenceAll(server);
  const told: string[] = [];
  const stop = server.app.deps.signals.on('deliverable', () => told.push('deliverable'));
  for (const _ of [1, 2]) expect((await patch(id, { status: 'active' })).body.disabled_reason).toBeNull();
  stop();
  expect(await rowOf(id)).toMatchObject({ failures: 0, failing_since: null, next_at: expect.any(String) });
  expect(told.length).toBeGreaterThan(0);
  // A status and other fields in one change are one change.
  expect(await actionsOf(id)).toEqual(['webhook.created', 'webhook.disabled', 'webhook.enabled']);
  await sequenceAll(server);
  expect((await deliveriesOf(server, id, '?state=pending')).length, 'of its own enabling').toBe(1);
});

test('what one change did not cancel, a worker cancels: of disabled and of deleted webhooks, and of no other', async () => {
  const { id: tenant_id } = await newTenant(server);
  const [active, disabled, deleted] = [
    await newWebhook(server, tenant_id),
    await newWebhook(server, tenant_id),
    await newWebhook(server, tenant_id),
  ];
  await patch(disabled.id, { status: 'disabled' });
  await server.call(`DELETE /v1/webhooks/${deleted.id}`);
  const { db } = server.app.deps;
  const late = { tenant_id, event_id: UNKNOWN, event_type: 'tenant.updated', position: 1, aggregate: 'tenant:x' };
  await db
    .insertInto('webhook_deliveries')
    .values([active, disabled, deleted].map(({ id }) => ({ ...late, endpoint_id: id })))
    .execute();
  expect(await runWorker(server, 'webhooks-cancel')).toBe(2);
  expect(await runWorker(server, 'webhooks-cancel')).toBe(0);
  const rows = await db
    .selectFrom('webhook_deliveries')
    .select(['endpoint_id', 'state'])
    .where('event_id', '=', UNKNOWN)
    .where('tenant_id', '=', tenant_id)
    .execute();
  expect(Object.fromEntries(rows.map(({ endpoint_id, state }) => [endpoint_id, state]))).toEqual({
    [active.id]: 'pending',
    [disabled.id]: 'canceled',
    [deleted.id]: 'canceled',
  });
});

test('a deleted webhook is gone with its secrets, and its deliveries are not shown', async () => {
  const { id: tenant_id } = await newTenant(server);
  await sequenceAll(server);
  const { id } = await newWebhook(server, tenant_id);
  await sequenceAll(server);
  const [{ id: delivery }] = await deliveriesOf(server, id);
  expect((await server.call(`DELETE /v1/webhooks/${id}`)).status).toBe(204);
  for (const call of [
    `GET /v1/webhooks/${id}`,
    `DELETE /v1/webhooks/${id}`,
    `GET /v1/webhooks/${id}/deliveries`,
    `GET /v1/webhooks/${id}/deliveries/${delivery}`,
    `POST /v1/webhooks/${id}/deliveries/${delivery}/retry`,
    `POST /v1/webhooks/${id}/test`,
    `POST /v1/webhooks/${id}/rotate-secret`,
  ]) {
    const { status, body } = await server.call(call);
    expect([call, status, body?.code]).toEqual([call, 404, 'not_found']);
  }
  const { db } = server.app.deps;
  expect(await db.selectFrom('webhook_secrets').select('id').where('endpoint_id', '=', id).execute()).toEqual([]);
  const [left] = await db.selectFrom('webhook_deliveries').select('state').where('id', '=', delivery).execute();
  expect(left).toEqual({ state: 'canceled' });
  expect(await actionsOf(id)).toEqual(['webhook.created', 'webhook.deleted']);
  await sequenceAll(server);
  expect(await db.selectFrom('webhook_deliveries').select('id').where('endpoint_id', '=', id).execute()).toHaveLength(
    1,
  );
});

test('a tenant has fifty webhooks and not one more, also when they are made at once; another tenant has its own', async () => {
  const { id: tenant_id } = await newTenant(server);
  const answers = await Promise.all(Array.from({ length: 53 }, () => create({ tenant_id })));
  const refused = answers.filter(({ status }) => status !== 201);
  expect(refused.map(({ status, body }) => [status, body.code])).toEqual(Array(3).fill([409, 'webhook_limit_reached']));
  const { body: page } = await server.call(`GET /v1/webhooks?tenant_id=${tenant_id}&limit=200`);
  expect(page.items).toHaveLength(50);
  const { body: limits } = await server.call(`GET /v1/limits?tenant_id=${tenant_id}`);
  expect(limits.quotas).toContainEqual({ quota: 'webhooks', limit: 50, used: 50 });
  expect((await create({ tenant_id: (await newTenant(server)).id })).status).toBe(201);
  await server.call(`DELETE /v1/webhooks/${page.items[0].id}`);
  expect((await create({ tenant_id })).status).toBe(201);
});

test('the list is newest first, in pages, by status, and of one owner', async () => {
  const { id: tenant_id } = await newTenant(server);
  const made: { id: string }[] = [];
  for (const _ of [1, 2, 3]) made.unshift(await newWebhook(server, tenant_id));
  await newWebhook(server, (await newTenant(server)).id);
  await patch(made[1]?.id ?? '', { status: 'disabled' });
  const ids = ({ body }: { body: { items: { id: string }[] } }) => body.items.map(({ id }) => id);
  const list = (query: string) => server.call(`GET /v1/webhooks?tenant_id=${tenant_id}${query}`);
  const first = await list('&limit=2');
  expect(ids(first)).toEqual(made.slice(0, 2).map(({ id }) => id));
  expect(ids(await list(`&limit=2&cursor=${first.body.next_cursor}`))).toEqual([made[2]?.id]);
  expect(ids(await list('&status=disabled'))).toEqual([made[1]?.id]);
  expect(first.body.items.some((item: object) => 'secret' in item || 'failures' in item)).toBe(false);
});

// proves A66
test('a webhook of the platform is made, listed and reached by the platform alone, and gets the events of all tenants', async () => {
  const { id: tenant_id } = await newTenant(server);
  const token = await tokenOf(tenant_id);
  const platform = await newWebhook(server, null);
  expect(platform.tenant_id).toBeNull();
  const { body: listed } = await server.call('GET /v1/webhooks');
  expect(new Set(listed.items.map((item: { tenant_id: null }) => item.tenant_id))).toEqual(new Set([null]));
  const { status, body } = await server.call(`GET /v1/webhooks/${platform.id}`, { token });
  expect([status, body.code]).toEqual([404, 'not_found']);
  // Without a tenant a key means its own.
  const own = await server.call('POST /v1/webhooks', { token, body: { url: NOWHERE, event_types: ['*'] } });
  expect(own.body.tenant_id).toBe(tenant_id);
  const ownList = await server.call('GET /v1/webhooks', { token });
  expect(ownList.body.items.map(({ id }: { id: string }) => id)).toEqual([own.body.id]);
  await sequenceAll(server);
  const events = (await deliveriesOf(server, platform.id)).map(({ event_id }: { event_id: string }) => event_id);
  const [{ event_id }] = await deliveriesOf(server, own.body.id);
  expect(events).toContain(event_id);
  expect((await server.call(`DELETE /v1/webhooks/${platform.id}`)).status).toBe(204);
});

test.each(['frozen', 'archived'] as const)('a tenant that is %s gets no webhook', async (status) => {
  const { id: tenant_id } = await tenantIn(server, status);
  const { status: http, body } = await create({ tenant_id });
  expect([http, body.code]).toEqual([409, `tenant_${status}`]);
});

test('a frozen tenant still gets what happens, and cannot change where', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { id } = await newWebhook(server, tenant_id, { event_types: ['tenant.canceled'] });
  await server.call(`POST /v1/tenants/${tenant_id}/cancel`);
  await sequenceAll(server);
  expect(await deliveriesOf(server, id)).toMatchObject([{ event_type: 'tenant.canceled', state: 'pending' }]);
  expect((await patch(id, { status: 'disabled' })).body.code).toBe('tenant_frozen');
});

test('a deleted tenant leaves no webhook and no secret', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { id } = await newWebhook(server, tenant_id);
  for (const step of ['cancel', 'archive']) await server.call(`POST /v1/tenants/${tenant_id}/${step}`);
  expect((await server.call(`DELETE /v1/tenants/${tenant_id}`)).status).toBe(204);
  const { db } = server.app.deps;
  expect(await db.selectFrom('webhook_secrets').select('id').where('endpoint_id', '=', id).execute()).toEqual([]);
  expect(await db.selectFrom('webhook_endpoints').select('id').where('id', '=', id).execute()).toEqual([]);
});

test('the time of a change is no time of an attempt: the queue moves neither the ETag nor updated_at', async () => {
  const { id } = await newWebhook(server, (await newTenant(server)).id);
  const before = await server.call(`GET /v1/webhooks/${id}`);
  server.clock.advance(DAY_MS);
  await server.app.deps.db
    .updateTable('webhook_endpoints')
    .set({ failures: 3, failing_since: new Date(), last_ok_ms: 9, next_at: new Date() })
    .where('id', '=', id)
    .execute();
  const after = await server.call(`GET /v1/webhooks/${id}`);
  expect([after.body, after.headers.get('etag')]).toEqual([before.body, before.headers.get('etag')]);
});
