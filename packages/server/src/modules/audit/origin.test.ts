/** The audit log tells what the registry did itself from what was reported to it. */
import { expect, test } from 'vitest';
import { appendEvent, appendEvents, countEvents, eventOf } from '../../../test/support/audit-events.ts';
import { newTenant, tenantIn, testServer } from '../../../test/support/server.ts';
import { eventTypes } from '../../modules.ts';
import { reservedBy } from './reserved.ts';

const server = testServer();

const list = async (query: string, token = server.operatorToken) =>
  (await server.call(`GET /v1/audit?${query}`, { token })).body.items;
const originsIn = (items: { origin: string; reported_by: string | null }[]) =>
  items.map(({ origin, reported_by }) => [origin, reported_by]);

test("a change of the registry's own says so, and a reported event names the credential that reported it", async () => {
  const tenant = await newTenant(server);
  await appendEvent(server, { tenant_id: tenant.id, actor: { type: 'operator', id: 'operator_token' } });
  const { body } = await server.call('POST /v1/audit', { body: eventOf({ tenant_id: tenant.id }) });
  expect([body.origin, body.reported_by]).toEqual(['reported', 'operator_token']);
  expect(originsIn(await list(`tenant_id=${tenant.id}`))).toEqual([
    ['reported', 'operator_token'],
    ['reported', 'internal_token'],
    ['registry', null],
  ]);
  const [one] = await list(`tenant_id=${tenant.id}`);
  expect((await server.call(`GET /v1/audit/${one.id}`)).body).toEqual(one);
});

test('a bulk is reported event by event', async () => {
  const tenant = await newTenant(server);
  await appendEvents(server, [eventOf({ tenant_id: tenant.id }), eventOf({ tenant_id: tenant.id })]);
  expect(originsIn(await list(`tenant_id=${tenant.id}&origin=reported`))).toEqual([
    ['reported', 'internal_token'],
    ['reported', 'internal_token'],
  ]);
});

test('lists and exports find by the origin, for operators and inside a tenant', async () => {
  const tenant = await tenantIn(server, 'active');
  const { id } = await appendEvent(server, { tenant_id: tenant.id });
  const key = { tenant_id: tenant.id, name: 'reader', scopes: ['registry:audit:read'] };
  const { body: reader } = await server.call('POST /v1/api-keys', { body: key });
  const within = `tenant_id=${tenant.id}`;
  for (const token of [server.operatorToken, reader.key]) {
    expect((await list(`${within}&origin=reported`, token)).map((event: { id: string }) => event.id)).toEqual([id]);
    const own = await list(`${within}&origin=registry`, token);
    expect(own.map(({ action }: { action: string }) => action)).toContain('tenant.activated');
    expect(own.map((event: { id: string }) => event.id)).not.toContain(id);
  }
  const everywhere = await list('origin=reported&limit=200');
  expect(new Set(everywhere.map(({ origin }: { origin: string }) => origin))).toEqual(new Set(['reported']));
  for (const format of ['ndjson', 'csv']) {
    const { body } = await server.call(`GET /v1/audit/export?${within}&origin=reported&format=${format}`);
    const text = typeof body === 'string' ? body : `${JSON.stringify(body)}\n`;
    expect(text).toContain(id);
    expect(text).toContain('internal_token');
    expect(text.trimEnd().split('\n')).toHaveLength(format === 'csv' ? 2 : 1);
  }
  const wrong = await server.call('GET /v1/audit?origin=somebody');
  expect([wrong.status, wrong.body.errors[0].pointer]).toEqual([400, '/origin']);
});

test('every type of event that a module records is reserved, and the whole noun with it', () => {
  expect(eventTypes.length).toBeGreaterThan(20);
  const isReserved = reservedBy(eventTypes);
  expect(eventTypes.filter((type) => !isReserved(type))).toEqual([]);
  for (const action of ['tenant', 'tenant.', 'tenant.renamed', 'API_KEY.Revoked', 'access.granted.twice'])
    expect(isReserved(action), action).toBe(true);
  for (const action of ['tenants.created', 'api_key_x.revoked', 'report.tenant.created', 'report', '.tenant'])
    expect(isReserved(action), action).toBe(false);
});

test.each(['api_key.revoked', 'Tenant.deleted', 'access.made_up', 'project'])(
  'no credential reports %s: it is refused by name, alone and in bulk, and nothing is written',
  async (action) => {
    const before = await countEvents(server);
    for (const token of [server.internalToken, server.operatorToken]) {
      const { status, body } = await server.call('POST /v1/audit', { body: eventOf({ action }), token });
      expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'reserved_action', '/action']);
    }
    const { status, body } = await appendEvents(server, [eventOf(), eventOf({ action }), eventOf()]);
    expect([status, body.code, body.errors]).toEqual([
      400,
      'reserved_action',
      [{ pointer: '/events/1/action', in: 'body', message: expect.any(String) }],
    ]);
    expect(await countEvents(server)).toBe(before);
  },
);

test('a row from before the registry kept its origin is reported, by a credential that is not known', async () => {
  const tenant = await newTenant(server);
  await server.app.deps.db
    .insertInto('audit_log')
    .values({ tenant_id: tenant.id, actor_type: 'operator', actor_id: 'operator_token', action: 'api_key.revoked' })
    .execute();
  expect(originsIn(await list(`tenant_id=${tenant.id}&action=api_key.revoked`))).toEqual([['reported', null]]);
});
