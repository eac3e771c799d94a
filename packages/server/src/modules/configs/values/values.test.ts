import { expect, test } from 'vitest';
import { newProject, newTenant, testServer } from '../../../../test/support/server.ts';

const server = testServer();

// proves B8, B15, B16
test('a key begins at version 1, and each change counts one on', async () => {
  const tenant = await newTenant(server);
  const project = await newProject(server, tenant.id);
  const path = `/v1/projects/${project.id}/configs/limits`;
  const first = await server.call(`PUT ${path}`, { body: { content: { a: 1 }, expected_version: 0 } });
  expect(first.body).toMatchObject({ version: 1, content: { a: 1 } });
  const second = await server.call(`PUT ${path}`, { body: { content: [null], expected_version: 1 } });
  expect(second.body).toMatchObject({ version: 2, content: [null] });
  const late = await server.call(`PUT ${path}`, { body: { content: 3, expected_version: 1 } });
  expect(late).toMatchObject({ status: 409, body: { code: 'version_conflict', current_version: 2 } });
  expect((await server.call(`GET ${path}`)).body).toEqual(second.body);
});
