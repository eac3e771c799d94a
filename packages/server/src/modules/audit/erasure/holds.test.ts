import { expect, test } from 'vitest';
import { askToRedact, report, runToEnd } from '../../../../test/support/audit-erasure.ts';
import { sealAll } from '../../../../test/support/audit-log.ts';
import { newTenant, runWorker, tenantIn, testServer, trailOf, UNKNOWN } from '../../../../test/support/server.ts';

const server = testServer();

const hold = (body: Record<string, unknown>) =>
  server.call('POST /v1/audit/holds', { body: { reason: 'Case 4.', ...body } });
const release = (query: string) => server.call(`DELETE /v1/audit/holds${query}`);
const read = async (id: string) => (await server.call(`GET /v1/audit/redactions/${id}`)).body;

test('a hold has one scope, is listed, and is released; the audit log tells of both', async () => {
  const { id: tenant_id } = await newTenant(server);
  const placed = await hold({ tenant_id, product: 'a' });
  expect([placed.status, placed.body]).toMatchObject([201, { tenant_id, product: 'a', reason: 'Case 4.' }]);
  expect((await hold({ tenant_id, product: 'a' })).body).toMatchObject({ status: 409, code: 'hold_exists' });
  expect((await hold({ tenant_id })).status).toBe(201);
  const { items } = (await server.call('GET /v1/audit/holds?limit=200')).body;
  const mine = items.filter((each: { tenant_id: string }) => each.tenant_id === tenant_id);
  expect(mine.map(({ product }: { product: string }) => product)).toEqual([null, 'a']);
  expect((await release(`?tenant_id=${tenant_id}&product=b`)).status).toBe(404);
  for (const query of ['&product=a', '']) expect((await release(`?tenant_id=${tenant_id}${query}`)).status).toBe(204);
  const actions = (await trailOf(server, tenant_id)).map(({ action }) => action);
  expect(actions).toEqual([
    'tenant.created',
    ...Array(2).fill('audit.hold_placed'),
    ...Array(2).fill('audit.hold_released'),
  ]);
});

test('a hold of everything, of an unknown log or without a reason is refused', async () => {
  expect((await hold({})).body).toMatchObject({ status: 400, errors: [{ pointer: '' }] });
  expect((await hold({ product: 'x', reason: '' })).body).toMatchObject({
    status: 400,
    errors: [{ pointer: '/reason' }],
  });
  expect((await hold({ tenant_id: UNKNOWN })).body.code).toBe('not_found');
  expect((await release(`?tenant_id=${UNKNOWN}`)).body.code).toBe('not_found');
});

// proves A22
test('a redaction of rows that a hold could cover is refused, and told of the scope but not of the reason', async () => {
  const [{ id: tenant_id }, { id: free }] = [await newTenant(server), await newTenant(server)];
  const subject = { actor_id: 'u1' };
  const codeOf = async (log: string, product?: string) =>
    (await askToRedact(server, log, { subject, product })).body.code ?? null;
  await hold({ tenant_id, product: 'a' });
  expect([
    await codeOf(tenant_id),
    await codeOf(tenant_id, 'a'),
    await codeOf(tenant_id, 'b'),
    await codeOf(free),
  ]).toEqual(['legal_hold', 'legal_hold', null, null]);
  const { body } = await askToRedact(server, tenant_id, { subject });
  expect(body.detail).toContain(`${tenant_id}, of the product a`);
  expect(body.detail).not.toContain('Case 4.');
  await release(`?tenant_id=${tenant_id}&product=a`);
  await hold({ product: 'a' });
  expect([await codeOf(free), await codeOf(free, 'b')]).toEqual(['legal_hold', null]);
  await release('?product=a');
  await runToEnd(server, 'audit-redact');
});

// proves A22
test('a hold that is placed meanwhile stops a redaction before its next batch, and it goes on when the hold is released', async () => {
  const { id: tenant_id } = await newTenant(server);
  const events = Array.from({ length: 1_000 }, () => ({
    tenant_id,
    action: 'report.opened',
    actor: { type: 'user', id: 'u7' },
  }));
  await server.call('POST /v1/audit/bulk', { body: { events } });
  await report(server, tenant_id, { actor: { type: 'user', id: 'u7' } });
  const { body } = await askToRedact(server, tenant_id, { subject: { actor_id: 'u7' } });
  await runWorker(server, 'audit-redact');
  expect(await read(body.id)).toMatchObject({ status: 'open', rows_read: 1_000, rows_changed: 999 });
  await hold({ tenant_id });
  await runToEnd(server, 'audit-redact');
  expect(await read(body.id)).toMatchObject({ status: 'held', rows_read: 1_000, subject: { actor_id: 'u7' } });
  await release(`?tenant_id=${tenant_id}`);
  await runToEnd(server, 'audit-redact');
  expect(await read(body.id)).toMatchObject({ status: 'done', rows_changed: 1_001 });
});

test('a hold outlives its tenant and holds its log', async () => {
  const { id: tenant_id } = await tenantIn(server, 'archived');
  await hold({ tenant_id });
  await sealAll(server);
  expect((await server.call(`DELETE /v1/tenants/${tenant_id}`)).status).toBe(204);
  expect((await askToRedact(server, tenant_id, { subject: { actor_id: 'u1' } })).body.code).toBe('legal_hold');
  expect((await release(`?tenant_id=${tenant_id}`)).status).toBe(204);
});
