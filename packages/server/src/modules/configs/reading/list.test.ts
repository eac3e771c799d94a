import { expect, test } from 'vitest';
import { newProject, newTenant, testServer } from '../../../../test/support/server.ts';

const server = testServer();
test('x', async () => {
  const tenant = await newTenant(server);
  const project = await newProject(server, tenant.id);
  const P = `/v1/projects/${project.id}`;
  for (const key of ['a', 'b', 'c'])
    await server.call(`PUT ${P}/configs/${key}`, { body: { content: { key }, expected_version: 0 } });
  const l = await server.call(`GET ${P}/configs`);
  console.log(l.status, JSON.stringify(l.body, null, 1));
  const s = await server.call(`GET ${P}/config-snapshot`);
  console.log(s.status, s.headers.get('etag'), JSON.stringify(s.body));
  await server.call(`PUT ${P}/configs/a`, { body: { content: 1, expected_version: 1 } });
  const o = await server.call(`GET ${P}/config-snapshot?at=${s.body.cursor}`);
  expect(o.body).toEqual(s.body);
  const d = await server.call(`GET ${P}/config-diff?from=${s.body.cursor}`);
  console.log(d.status, JSON.stringify(d.body));
  const t = await server.call(`GET /v1/configs?tenant_id=${tenant.id}&contains=${encodeURIComponent('{"key":"b"}')}`);
  console.log(t.status, JSON.stringify(t.body));
});
