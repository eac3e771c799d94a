/** Watchers that have their right by a level in the project, and not by a role. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commitTogether } from '../../../../test/support/config-commits.ts';
import { readEvents } from '../../../../test/support/event-reader.ts';
import { bind, newUser, signedIn } from '../../../../test/support/role-holders.ts';
import { startTwoProjects, type TwoProjects } from '../../../../test/support/two-projects.ts';

let held: TwoProjects;
beforeAll(async () => {
  held = await startTwoProjects();
});
afterAll(() => held.stop());

test('a viewer of the project watches it, and no longer once the level is taken away', async () => {
  const { server, issuer, tenant_id, project, sibling } = held;
  const user = await newUser(server, tenant_id, { issuer });
  await bind(server, project, { type: 'user', id: user.id }, 'viewer');
  const token = await signedIn(issuer, user);
  const pathOf = (id: string) => `/v1/projects/${id}/config-watch`;
  const reader = await readEvents(server, { token, path: pathOf(project) });
  await reader.until(({ name }) => name === 'alive');
  await commitTogether(server, { tenant_id, project_id: project }, { a: 1 });
  await reader.until(({ name }) => name === 'change');
  expect((await server.call(`GET ${pathOf(sibling)}`, { token })).status).toBe(403);

  const query = `principal_type=user&principal_id=${user.id}`;
  const removed = await server.call(`DELETE /v1/projects/${project}/role-bindings?${query}`);
  expect(removed.status).toBe(200);
  await commitTogether(server, { tenant_id, project_id: project }, { a: 2 });
  await reader.ended;
  expect(reader.messages.at(-1)).toMatchObject({ name: 'bye' });
  expect(reader.messages.filter(({ name }) => name === 'change')).toHaveLength(1);
  expect((await server.call(`GET ${pathOf(project)}`, { token })).status).toBe(403);
});
