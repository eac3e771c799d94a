// engine: postgres
/** Connections of the database, between tenants. */
import { expect, test } from 'vitest';
import { figure, newKey } from './support/api-keys.ts';
import { eventually } from './support/eventually.ts';
import { tenantIn, testServer } from './support/server.ts';

const server = testServer({ databaseConnectionsMax: 2 });

async function reader() {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { key } = await newKey(server, { tenant_id, scopes: ['registry:projects:read'] });
  return { tenant_id, list: () => server.call(`GET /v1/projects?tenant_id=${tenant_id}`, { token: key }) };
}

test('a tenant whose requests wait for its half of the connections keeps neither another tenant nor an operator waiting', async () => {
  const [attacker, victim] = [await reader(), await reader()];
  const gate = server.app.deps.databaseGate;
  const leave = await gate.enter(attacker.tenant_id);
  let ended = 0;
  const attack = Array.from({ length: 120 }, async () => {
    const { status, body } = await attacker.list();
    ended += 1;
    return `${status} ${body.code ?? ''}`;
  });
  await eventually(() => expect(gate.load()).toMatchObject({ running: 1, waiting: 100 }));
  await eventually(() => expect(ended).toBe(20));
  expect((await victim.list()).status).toBe(200);
  expect((await server.call('GET /v1/tenants')).status).toBe(200);
  expect(ended).toBe(20);
  leave();
  expect(Object.entries(Object.groupBy(await Promise.all(attack), (answer) => answer))).toEqual(
    expect.arrayContaining([
      ['429 tenant_busy', Array(20).fill('429 tenant_busy')],
      ['200 ', Array(100).fill('200 ')],
    ]),
  );
  expect(gate.load()).toMatchObject({ running: 0, waiting: 0, tenantEntries: 0 });
  expect(await figure(server, 'gate_running', { gate: 'database' })).toBe(0);
});
