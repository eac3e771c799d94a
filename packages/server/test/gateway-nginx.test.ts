// engine: pglite
/** examples/gateways/nginx, run: nginx before a product, with a real registry behind it. */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { newKey } from './support/api-keys.ts';
import { type EchoProduct, startEchoProduct } from './support/echo-product.ts';
import { bearer, goodKeyOf } from './support/gateway.ts';
import { type Nginx, nginxPath, startNginx } from './support/nginx.ts';
import { newProject, startTestServer, tenantIn, testServer } from './support/server.ts';

test.runIf(process.env['CI'] !== undefined)('nginx is installed where the suite must run in full', () => {
  expect(nginxPath).toBeDefined();
});

describe.skipIf(nginxPath === undefined)('nginx (skipped where it is not installed)', () => {
  const server = testServer();
  let product: EchoProduct;
  let nginx: Nginx;
  beforeAll(async () => {
    product = await startEchoProduct();
    const registry = new URL(server.url).host;
    nginx = await startNginx({ registry, product: product.address, token: server.internalToken });
  });
  afterAll(async () => {
    await nginx.stop();
    await product.close();
  });

  interface Call {
    readonly method?: string;
    readonly path?: string;
    readonly headers?: Readonly<Record<string, string | readonly string[]>>;
    readonly body?: string;
    readonly gateway?: Nginx;
  }

  /** Asks the gateway, as a client of the product. */
  function send({ method = 'GET', path = '/reports', headers = {}, body, gateway = nginx }: Call) {
    return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }>((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': String(body.length) };
      const options = {
        socketPath: gateway.socketPath,
        method,
        path,
        headers: { host: 'api.example', ...length, ...headers },
      };
      const asking = request({ ...options, agent: false }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      });
      asking.once('error', reject);
      asking.end(body);
    });
  }

  const goodKey = (fields?: Record<string, unknown>) => goodKeyOf(server, fields);

  /** Sends a request that must not get through, and returns its status. */
  async function refused(call: Call): Promise<number> {
    const before = product.reached.length;
    const { status, headers } = await send(call);
    expect(product.reached).toHaveLength(before);
    if (status === 401) expect(headers['www-authenticate']).toMatch(/^Bearer/);
    return status;
  }

  test('a good key gets through with the name of its tenant, and neither key nor token reaches the product', async () => {
    const { tenant, key } = await goodKey();
    for (const headers of [bearer(key.key), { 'x-api-key': key.key }]) {
      const { status, text } = await send({ path: '/reports?scopes=none&access=read', headers });
      expect(status).toBe(200);
      const reached = JSON.parse(text);
      expect(reached).toMatchObject({ method: 'GET', path: '/reports?scopes=none&access=read' });
      expect(reached.headers).toMatchObject({
        'x-tenant-id': tenant.id,
        'x-tenant-slug': tenant.slug,
        'x-tenant-status': 'active',
        'x-api-key-id': key.id,
        'x-api-key-scopes': 'reports:read',
      });
      for (const name of ['authorization', 'x-api-key', 'x-registry-token', 'x-registry-question', 'x-project-id'])
        expect(reached.headers).not.toHaveProperty(name);
      expect(text).not.toContain(server.internalToken);
    }
  });

  test('headers that the client made up are replaced, and removed where there is nothing to say', async () => {
    const { tenant, key } = await goodKey();
    const forged = {
      'x-tenant-id': '00000000-0000-0000-0000-000000000000',
      'X-Tenant-Slug': ['other', 'another'],
      'x-tenant-status': 'active',
      'x-project-id': 'forged',
      'x-api-key-id': 'forged',
      'x-api-key-scopes': 'everything',
      x_tenant_id: 'forged',
      connection: 'x-tenant-id, x-project-id',
      'x-registry-token': 'forged',
      'x-registry-question': 'access=read',
    };
    const { status, text } = await send({ headers: { ...forged, ...bearer(key.key) } });
    expect(status).toBe(200);
    expect(JSON.parse(text).headers).toMatchObject({ 'x-tenant-id': tenant.id, 'x-tenant-slug': tenant.slug });
    expect(text).not.toMatch(/forged|everything|another/);
  });

  test('the body and the method of the client reach the product', async () => {
    const { tenant, key } = await goodKey();
    const body = JSON.stringify({ text: 'x'.repeat(100_000) });
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const { status, text } = await send({
        method,
        headers: { ...bearer(key.key), 'content-type': 'text/plain' },
        body,
      });
      expect([status, JSON.parse(text).method, JSON.parse(text).body]).toEqual([200, method, body]);
      expect(JSON.parse(text).headers['x-tenant-id']).toBe(tenant.id);
    }
    expect((await send({ method: 'HEAD', headers: bearer(key.key) })).status).toBe(200);
  });

  test('no key, a wrong one, a revoked one, quotes and odd bytes in it: 401, and the product sees nothing', async () => {
    const { key } = await goodKey();
    const revoked = await goodKey();
    await server.call(`DELETE /v1/api-keys/${revoked.key.id}`);
    expect(await refused({})).toBe(401);
    for (const text of [
      'bp_AAAAAAAAAAAAAAAAAAAAAA',
      revoked.key.key,
      `"${key.key}"`,
      `'${key.key}`,
      'caf\u00e9',
      '$http_x',
      '"',
    ])
      for (const headers of [bearer(text), { 'x-api-key': text }]) expect(await refused({ headers }), text).toBe(401);
    const other = await goodKey();
    expect(await refused({ headers: { ...bearer(key.key), 'x-api-key': other.key.key } })).toBe(401);
  });

  test('a missing scope and a product that is not part of the contract: 403', async () => {
    const without = await goodKey({ scopes: ['reports:write'] });
    expect(await refused({ headers: bearer(without.key.key) })).toBe(403);
    expect(await refused({ path: '/?scopes=reports:write', headers: bearer(without.key.key) })).toBe(403);
    const { id: tenant_id } = await tenantIn(server, 'active');
    const unentitled = await newKey(server, { tenant_id, scopes: ['reports:read'] });
    expect(await refused({ headers: bearer(unentitled.key) })).toBe(403);
  });

  test('a frozen tenant reads and does not write; an archived one does neither', async () => {
    const { tenant, key } = await goodKey();
    await server.call(`POST /v1/tenants/${tenant.id}/cancel`);
    expect((await send({ headers: bearer(key.key) })).status).toBe(200);
    expect(await refused({ method: 'POST', headers: bearer(key.key), body: '{}' })).toBe(403);
    await server.call(`POST /v1/tenants/${tenant.id}/archive`);
    expect(await refused({ headers: bearer(key.key) })).toBe(403);
  });

  test('a key of a project tells the project, and one with as many scopes as can be gets through', async () => {
    const { tenant } = await goodKey();
    const { id: project_id } = await newProject(server, tenant.id);
    const scopes = ['reports:read', ...Array.from({ length: 99 }, (_, n) => `s${n}:`.padEnd(100, 'x'))];
    const key = await newKey(server, { tenant_id: tenant.id, project_id, scopes });
    const { status, text } = await send({ headers: bearer(key.key) });
    expect(status).toBe(200);
    expect(JSON.parse(text).headers).toMatchObject({
      'x-project-id': project_id,
      'x-api-key-scopes': scopes.join(' '),
    });
  });

  test('too many wrong keys: 429, which is no 500, with Retry-After', async () => {
    const own = await startTestServer();
    onTestFinished(() => own.close());
    const { prefix } = await newKey(own);
    own.clock.stop();
    const address = { registry: new URL(own.url).host, product: product.address };
    const gateway = await startNginx({ ...address, token: own.internalToken });
    onTestFinished(() => gateway.stop());
    const statuses = [];
    for (let n = 0; n < 21; n += 1) {
      const headers = bearer(`${prefix}${String(n).padStart(14, 'A')}`);
      statuses.push(await refused({ gateway, headers }));
    }
    expect(statuses).toEqual([...Array(20).fill(401), 429]);
    const { headers } = await send({ gateway, headers: bearer(`${prefix}${'B'.repeat(14)}`) });
    expect(headers['retry-after']).toBe('1');
  });

  test('the place where nginx asks is not reached from outside', async () => {
    const { key } = await goodKey();
    expect(await refused({ path: '/_registry', headers: bearer(key.key) })).toBe(404);
  });

  test('a gateway with a wrong token, and one whose registry is away, keep everything out: 503, which is no 401', async () => {
    const { key } = await goodKey();
    const registry = new URL(server.url).host;
    const misled = await startNginx({ registry, product: product.address, token: 'wrong' });
    const alone = await startNginx({ registry: '127.0.0.1:1', product: product.address, token: server.internalToken });
    for (const gateway of [misled, alone]) {
      for (const headers of [bearer(key.key), {}]) expect(await refused({ gateway, headers })).toBe(503);
    }
    expect(misled.output()).toContain('auth request unexpected status: 400');
    await misled.stop();
    await alone.stop();
  });
});
