// engine: postgres
import { beforeAll, describe, expect, test } from 'vitest';
import { listOperations } from '../src/http/operations.ts';
import { type Held, heldFor, heldWithAll, requestOf, walkOf } from './support/requests.ts';
import { testServer, trailOf } from './support/server.ts';

const server = testServer();

const mutations = listOperations().filter(({ type, safe }) => type === 'mutation' && !safe);
/** Every other mutation says in its requests why a freeze does not stop it. */
const stopped = mutations.filter((operation) => walkOf(operation).whenFrozen === undefined);

test('there are writes that a freeze stops, and reads need no reason to go on', () => {
  expect(stopped.length).toBeGreaterThan(10);
  const reads = listOperations().filter(({ type, safe }) => type === 'query' || safe);
  expect(reads.filter((operation) => walkOf(operation).whenFrozen !== undefined)).toEqual([]);
});

describe.each([
  ['frozen', ['cancel']],
  ['archived', ['cancel', 'archive']],
] as const)('a tenant that is %s', (status, steps) => {
  let held: Held;
  let before: number;
  beforeAll(async () => {
    held = await heldWithAll(server);
    for (const step of steps) await server.call(`POST /v1/tenants/${held.tenant_id}/${step}`);
    before = (await trailOf(server, held.tenant_id)).length;
  });

  test.each(stopped)('refuses $route.operation and writes nothing', async (operation) => {
    const { status: http, body } = await server.call(...requestOf(server, operation, held));
    // An archived tenant has no callers any more.
    const nobody = status === 'archived' && walkOf(operation).selfOnly !== undefined;
    expect([http, body.code]).toEqual(nobody ? [401, 'unauthenticated'] : [409, `tenant_${status}`]);
    expect(await trailOf(server, held.tenant_id)).toHaveLength(before);
  });

  test('still lets a key be revoked', async () => {
    expect((await server.call(`DELETE /v1/api-keys/${held.apiKey}`)).status).toBe(204);
  });
});

test.each(stopped)('$route.operation goes through in a tenant that is not frozen', async (operation) => {
  const { route } = operation;
  const { status, body } = await server.call(...requestOf(server, operation, await heldFor(server, operation)));
  expect([route.operation, status], JSON.stringify(body)).toEqual([route.operation, route.status ?? 200]);
});
