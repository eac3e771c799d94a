// engine: postgres
/** The answers while the database is away. Runs on PostgreSQL, through a link that the test can cut. */
import { randomUUID } from 'node:crypto';
import { type DatabaseHandle, openDatabase } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Actor } from '../src/kernel/actor.ts';
import type { DomainError } from '../src/kernel/errors.ts';
import { idempotent } from '../src/kernel/idempotency.ts';
import { type Link, openLink } from './replicas/link.ts';
import { askAsGateway, bearer } from './support/gateway.ts';
import { newTenant, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let link: Link;
let database: DatabaseHandle;
let closeAll: () => Promise<void>;

beforeAll(async () => {
  const original = await testDatabase();
  if (original.url === undefined) throw new Error('this test needs PostgreSQL: list it in vitest.config.ts');
  link = await openLink(original.url);
  database = await openDatabase({
    url: link.url,
    connectionsMax: 4,
    connectTimeoutMs: 1_000,
    statementTimeoutMs: 2_000,
    log: () => {},
  });
  server = await startTestServer({ database });
  closeAll = async () => {
    await server.close();
    await link.close();
    await original.close();
  };
});
afterAll(() => closeAll());

// proves C8
test('without a database the answer is 503 with Retry-After, never a verdict; when it is back, so is the product', async () => {
  const tenant = await newTenant(server);
  const { body: key } = await server.call('POST /v1/api-keys', { body: { tenant_id: tenant.id, name: 'k' } });
  const verify = () =>
    server.call('POST /v1/internal/api-keys/verify', { body: { key: key.key }, token: server.internalToken });
  expect((await verify()).body).toMatchObject({ valid: true });

  await link.cut();
  const operations = [
    verify(),
    server.call(`GET /v1/tenants/${tenant.id}`),
    server.call('POST /v1/tenants', { body: { slug: 'lost', name: 'Lost' } }),
  ];
  for (const { status, headers, body } of await Promise.all(operations)) {
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'unavailable', '1']);
    expect(body).not.toHaveProperty('valid');
  }
  const questions = [{ key: 'no key' }, { key: `bp_${'U'.repeat(22)}` }];
  const batch = await server.call('POST /v1/internal/api-keys/verify-batch', {
    body: { questions },
    token: server.internalToken,
  });
  expect(batch.body.answers).toMatchObject([
    { verdict: { code: 'not_found' }, problem: null },
    { verdict: null, problem: { code: 'unavailable', status: 503, retry_after: 1 } },
  ]);
  const { status, code, headers } = await askAsGateway(server, { headers: bearer(key.key) });
  expect([status, code, headers['retry-after']]).toEqual([503, 'unavailable', '1']);
  expect(await server.call('GET /readyz')).toMatchObject({ status: 503, body: { failing: ['db-primary'] } });
  expect((await server.call('GET /healthz')).status).toBe(200);

  link.restore();
  expect((await verify()).body).toMatchObject({ valid: true });
  expect((await server.call('GET /readyz')).status).toBe(200);
  expect((await server.call('GET /v1/tenants/by-slug/lost')).status).toBe(404);
});

// A host that lost its power closes no connection.
test('a database that falls silent is given up soon after the time that a statement may take, not after minutes', async () => {
  const tenant = await newTenant(server);
  link.silence();
  const { status, body } = await server.call(`GET /v1/tenants/${tenant.id}`);
  expect([status, body.code]).toEqual([503, 'unavailable']);
  await link.cut();
  link.restore();
  expect((await server.call(`GET /v1/tenants/${tenant.id}`)).status).toBe(200);
}, 10_000);

test('a verification gives a silent database up before the connection itself is given up', async () => {
  const tenant = await newTenant(server);
  const { body: key } = await server.call('POST /v1/api-keys', { body: { tenant_id: tenant.id, name: 'k' } });
  link.silence();
  const question = { body: { key: key.key }, token: server.internalToken };
  const { status, headers, body } = await server.call('POST /v1/internal/api-keys/verify', question);
  expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'unavailable', '1']);
  const { total, idle } = database.connections();
  expect(total - idle).toBe(1);
  await link.cut();
  link.restore();
  expect((await server.call('POST /v1/internal/api-keys/verify', question)).body).toMatchObject({ valid: true });
}, 10_000);

describe('an idempotency key whose request is under way when the database is lost', () => {
  const request = { procedure: 'tenants.create', input: {}, secretFields: [] };
  const asked = () => {
    const { db, clock } = server.app.deps;
    const actor = { principal: randomUUID(), tenant_id: null } as Actor; // of which no more is asked
    return { root: db, clock, actor, idempotencyKey: randomUUID() };
  };

  test('is free as soon as the database is back when the request failed, and not after a minute', async () => {
    const ctx = asked();
    const { result } = await idempotent(ctx, request, async () => {
      await link.cut();
      return { ok: false };
    }).then((outcome) => ('result' in outcome ? outcome : { result: undefined }));
    expect(result).toEqual({ ok: false });
    link.restore();
    const again = () =>
      idempotent(ctx, request, async () => ({ ok: true, data: {} })).then(
        ({ replayed }) => replayed,
        ({ definition }: DomainError) => definition.code,
      );
    await expect.poll(again, { timeout: 10_000 }).toBe(false);
  });

  test('has its answer as soon as the database is back when the change was made: its caller is told of the success', async () => {
    const ctx = asked();
    const data = { name: 'Made' };
    const first = await idempotent(ctx, request, async () => {
      await link.cut();
      return { ok: true, data };
    });
    expect(first).toEqual({ replayed: false, result: { ok: true, data } });
    link.restore();
    const never = () => Promise.reject(new Error('it was done again'));
    const again = () => idempotent(ctx, request, never).catch(({ definition }: DomainError) => definition.code);
    await expect.poll(again, { timeout: 10_000 }).toEqual({ replayed: true, body: data });
  });
});
