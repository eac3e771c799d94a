// engine: postgres
/** The price of keys: which requests cost an argon2id computation, and whose computations wait for whose. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, computations, figure, newKey } from '../../../test/support/api-keys.ts';
import { eventually } from '../../../test/support/eventually.ts';
import {
  type Answer,
  newProject,
  startTestServer,
  type TestServer,
  tenantIn,
  UNKNOWN,
} from '../../../test/support/server.ts';

/** The gate as this file wants it: one place, and two waiters for each tenant. */
const argon2 = { concurrencyMax: 1, queueMax: 16 };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ argon2 });
});
afterAll(() => server.close());

const create = (body: Record<string, unknown>, token?: string) =>
  server.call('POST /v1/api-keys', { body: { name: 'k', ...body }, ...(token === undefined ? {} : { token }) });
const rotate = (id: string, token?: string) =>
  server.call(`POST /v1/api-keys/${id}/rotate`, token === undefined ? {} : { token });
const codeOf = ({ status, body }: Answer) => `${status} ${body.code}`;

test('a creation or rotation that is refused computes no hash', async () => {
  const [tenant, other, frozen] = [
    await tenantIn(server, 'active'),
    await tenantIn(server, 'active'),
    await tenantIn(server, 'active'),
  ];
  const tenant_id = tenant.id;
  const [archived, foreign] = [await newProject(server, tenant_id), await newProject(server, other.id)];
  const maker = await newKey(server, { tenant_id, scopes: ['registry:api_keys:write'] });
  const [held, revoked, stronger, theirs, cold] = [
    await newKey(server, { tenant_id, project_id: archived.id }),
    await newKey(server, { tenant_id }),
    await newKey(server, { tenant_id, scopes: ['registry:audit:read'] }),
    await newKey(server, { tenant_id: other.id }),
    await newKey(server, { tenant_id: frozen.id }),
  ];
  await server.call(`POST /v1/projects/${archived.id}/archive`);
  await server.call(`DELETE /v1/api-keys/${revoked.id}`);
  await server.call(`POST /v1/tenants/${frozen.id}/cancel`);
  // The maker itself is proved before anything is counted.
  await server.call('GET /v1/me', { token: maker.key });
  const before = await computations(server);
  const refused = [
    await create({ tenant_id, project_id: UNKNOWN }, maker.key),
    await create({ tenant_id, project_id: foreign.id }),
    await create({ tenant_id, project_id: archived.id }, maker.key),
    await create({ tenant_id: other.id }, maker.key),
    await create({ tenant_id: UNKNOWN }),
    await create({ tenant_id: frozen.id }),
    await create({ tenant_id, scopes: ['registry:audit:read'] }, maker.key),
    await create({ tenant_id, expires_at: '2020-01-01T00:00:00Z' }, maker.key),
    await rotate(UNKNOWN),
    await rotate(theirs.id, maker.key),
    await rotate(held.id),
    await rotate(revoked.id),
    await rotate(stronger.id, maker.key),
    await rotate(cold.id),
  ];
  expect(refused.map(codeOf)).toEqual([
    '404 project_not_found',
    '404 project_not_found',
    '409 project_archived',
    '404 not_found',
    '404 not_found',
    '409 tenant_frozen',
    '403 forbidden',
    '400 expiry_in_the_past',
    '404 not_found',
    '404 not_found',
    '409 project_archived',
    '409 api_key_not_active',
    '403 forbidden',
    '409 tenant_frozen',
  ]);
  expect(await computations(server)).toBe(before);
  expect((await create({ tenant_id }, maker.key)).status).toBe(201);
  expect(await computations(server)).toBe(before + 1);
});

test('a caller that goes away while its key waits for its hash leaves the queue, and no key is made', async () => {
  const { id: tenant_id } = await tenantIn(server, 'active');
  const { gate } = server.app.deps.argon2;
  const leave = await gate.enter('another tenant');
  const gone = new AbortController();
  const left = fetch(`${server.url}/v1/api-keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.operatorToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ tenant_id, name: 'k' }),
    signal: gone.signal,
  });
  await eventually(() => expect(gate.load().waiting).toBe(1));
  gone.abort();
  await expect(left).rejects.toThrow();
  await eventually(() => expect(gate.load().waiting).toBe(0));
  leave();
  expect((await server.call(`GET /v1/api-keys?tenant_id=${tenant_id}`)).body.items).toEqual([]);
});

test('a tenant that creates keys without end gets 429, and another one creates and verifies meanwhile', async () => {
  const [attacker, victim] = [await tenantIn(server, 'active'), await tenantIn(server, 'active')];
  const cold = await newKey(server, { tenant_id: victim.id });
  const { gate } = server.app.deps.argon2;
  const refusedBefore = gate.load().refused;
  const until = (load: { waiting: number; refused: number }) =>
    eventually(() => expect(gate.load()).toMatchObject(load));
  const leave = await gate.enter(attacker.id);
  const attack = Array.from({ length: 6 }, () => create({ tenant_id: attacker.id }));
  await until({ waiting: 2, refused: refusedBefore + 4 });
  const made = create({ tenant_id: victim.id });
  const verified = ask(server, { key: cold.key });
  await until({ waiting: 4, refused: refusedBefore + 4 });
  leave();
  expect((await made).status).toBe(201);
  expect((await verified).body).toMatchObject({ valid: true, key_id: cold.id });
  const answers = await Promise.all(attack);
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 429, 429, 429, 429]);
  for (const { headers, body } of answers.filter(({ status }) => status === 429)) {
    expect(body.code).toBe('tenant_busy');
    expect(headers.get('retry-after')).toBe('1');
  }
  expect(await figure(server, 'gate_refused_total', { gate: 'argon2' })).toBe(refusedBefore + 4);
  expect(await figure(server, 'gate_running', { gate: 'argon2' })).toBe(0);
});
