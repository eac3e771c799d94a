// engine: postgres
/** Who may append, and for whom. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { countEvents, eventOf } from '../../../test/support/audit-events.ts';
import { newPerson, newSession } from '../../../test/support/people.ts';
import { madeIn, newProject, newTenant, testServer } from '../../../test/support/server.ts';

const server = testServer();
const SCOPES = ['registry:audit:append'];

async function keyIn(tenant_id: string, fields: Record<string, unknown> = {}) {
  const { id, key } = await madeIn(server, tenant_id, 'api-keys', { name: 'k', scopes: SCOPES, ...fields });
  return { id: String(id), token: String(key) };
}

const append = (token: string, fields: Record<string, unknown> = {}) =>
  server.call('POST /v1/audit', { token, body: eventOf(fields) });
const bulk = (token: string, events: readonly Record<string, unknown>[]) =>
  server.call('POST /v1/audit/bulk', { token, body: { events: events.map(eventOf) } });

// proves A50
test('a key writes in its own tenant, which it need not name, and the row names the key', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { id, token } = await keyIn(tenant_id);
  const one = await append(token, { crud: 'r', external_id: 'x-1' });
  expect(one.status).toBe(201);
  expect(one.body).toMatchObject({ tenant_id, project_id: null, crud: 'r', external_id: 'x-1', extra: null });
  expect(one.body).toMatchObject({ origin: 'reported', reported_by: expect.stringContaining(id) });
  expect((await append(token, { tenant_id })).body.tenant_id).toBe(tenant_id);
  const { status, body } = await bulk(token, [{}, { tenant_id }]);
  expect(status).toBe(201);
  for (const each of body.ids) expect((await server.call(`GET /v1/audit/${each}`)).body.tenant_id).toBe(tenant_id);
});

// proves A50, A65
test('a key writes nothing for another tenant, nor for one that does not exist: all or nothing, and the field is named', async () => {
  const [{ id: tenant_id }, { id: other }] = [await newTenant(server), await newTenant(server)];
  const { token } = await keyIn(tenant_id);
  const before = await countEvents(server);
  const one = await append(token, { tenant_id: other });
  expect([one.status, one.body.code, one.body.errors[0].pointer]).toEqual([404, 'not_found', '/tenant_id']);
  const many = await bulk(token, [{}, { tenant_id: other }]);
  expect([many.status, many.body.errors.map(({ pointer }: { pointer: string }) => pointer)]).toEqual([
    404,
    ['/events/1/tenant_id'],
  ]);
  expect(await countEvents(server)).toBe(before);
});

test('a key that is bound to a project writes in it, and in no other', async () => {
  const { id: tenant_id } = await newTenant(server);
  const [own, other] = [await newProject(server, tenant_id), await newProject(server, tenant_id)];
  const { token } = await keyIn(tenant_id, { project_id: own.id });
  expect((await append(token)).body).toMatchObject({ tenant_id, project_id: own.id });
  const foreign = await append(token, { project_id: other.id });
  expect([foreign.status, foreign.body.errors[0].pointer]).toEqual([404, '/project_id']);
});

test('an admin writes in its tenant; a member does not, and neither a key without the scope', async () => {
  const { id: tenant_id } = await newTenant(server);
  const session = async (roles: readonly string[]) =>
    (await newSession(server, await newPerson(server, tenant_id, { roles: [...roles] as never }))).options;
  const asAdmin = await server.call('POST /v1/audit', { ...(await session(['admin'])), body: eventOf() });
  expect([asAdmin.status, asAdmin.body.tenant_id]).toEqual([201, tenant_id]);
  const asMember = await server.call('POST /v1/audit', { ...(await session(['member'])), body: eventOf() });
  expect([asMember.status, asMember.body.permission]).toEqual([403, 'audit:append']);
  const { token } = await keyIn(tenant_id, { scopes: ['registry:audit:read'] });
  expect((await append(token)).body.permission).toBe('audit:append');
});

test("a key may not report what begins with a noun of the registry's own events", async () => {
  const { id: tenant_id } = await newTenant(server);
  const { token } = await keyIn(tenant_id);
  for (const action of ['tenant.deleted', 'AUDIT.redacted', 'audit.pruned', 'api_key.created'])
    expect((await append(token, { action })).body).toMatchObject({
      code: 'reserved_action',
      errors: [{ pointer: '/action' }],
    });
});

test('each event of a bulk is charged to the tenant like a request of its own', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { token } = await keyIn(tenant_id);
  const charge = vi.spyOn(server.app.deps.budgets, 'charge');
  onTestFinished(() => charge.mockRestore());
  expect((await bulk(token, Array(40).fill({}))).status).toBe(201);
  // The request itself is one unit already.
  expect(charge).toHaveBeenCalledWith(expect.objectContaining({ tenant_id }), 39);
});
