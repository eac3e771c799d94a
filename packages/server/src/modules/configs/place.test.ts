// engine: postgres
/** What a replica remembers of a project ends before a change of its life, or of its tenant's, is answered by another one. */
import { openDatabase } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import { expect, onTestFinished, test } from 'vitest';
import { newKey } from '../../../test/support/api-keys.ts';
import { newProject, startTestServer, type TestServer, tenantIn } from '../../../test/support/server.ts';

async function startTwo() {
  const shared = await testDatabase();
  onTestFinished(() => shared.close());
  const start = async () => {
    const server = await startTestServer({ database: await openDatabase({ url: String(shared.url) }) });
    onTestFinished(() => server.close());
    await server.app.deps.leases.start();
    expect(server.app.deps.leases.held()).toBe(true);
    return server;
  };
  return [await start(), await start()] as const;
}

const statusOf = async (asked: Promise<{ readonly status: number; readonly body: { readonly code?: string } }>) => {
  const { status, body } = await asked;
  return body?.code ?? status;
};

test('a replica answers for a tenant as another one has just made it, though it remembers', async () => {
  const [writer, reader] = await startTwo();
  const { id: tenant_id } = await tenantIn(writer, 'active');
  const { id: project } = await newProject(writer, tenant_id);
  const path = `/v1/projects/${project}/configs/limits`;
  const put = ({ call }: TestServer) =>
    statusOf(call(`PUT ${path}`, { body: { content: 1 }, headers: { 'if-match': '*' } }));
  const get = (options = {}) => statusOf(reader.call(`GET ${path}`, options));
  const { key: token } = await newKey(writer, { tenant_id, scopes: ['registry:configs:read'] });
  const first = { content: 1, expected_version: 0 };
  expect(await statusOf(writer.call(`PUT ${path}`, { body: first }))).toBe(200);
  expect([await put(writer), await put(reader), await get(), await get({ token })]).toEqual([200, 200, 200, 200]);

  const { db } = writer.app.deps;
  const renamed = (from: 'active' | 'trial', status: 'active' | 'trial') =>
    db.updateTable('tenants').set({ status }).where('id', '=', tenant_id).where('status', '=', from).execute();
  await renamed('active', 'trial');
  const remembered = await reader.app.deps.configPlace(reader.app.deps, project);
  expect(remembered).toMatchObject({ tenant_status: 'active', project_status: 'active' });
  await renamed('trial', 'active');

  expect(await statusOf(writer.call(`POST /v1/projects/${project}/archive`))).toBe(200);
  expect([await put(reader), await get(), await get({ token })]).toEqual(['project_archived', 200, 200]);
  expect(await statusOf(writer.call(`POST /v1/tenants/${tenant_id}/cancel`))).toBe(200);
  expect([await put(reader), await get(), await get({ token })]).toEqual(['tenant_frozen', 200, 200]);
  expect(await statusOf(writer.call(`POST /v1/tenants/${tenant_id}/archive`))).toBe(200);
  expect([await put(reader), await get()]).toEqual(['tenant_archived', 'tenant_archived']);
});
