import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listOperations } from '../src/http/operations.ts';
import { type Held, newHeld, requestOf, writes } from './support/requests.ts';
import { startTestServer, type TestServer, trailOf } from './support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** The operations that are no writes inside a tenant, or are meant to go through, each with the reason. */
const exceptions: Readonly<Record<string, string>> = {
  create_tenant: 'there is no tenant yet',
  activate_tenant: 'ends the freeze: the lifecycle decides',
  cancel_tenant: 'the lifecycle decides',
  archive_tenant: 'ends a frozen tenant: the lifecycle decides',
  delete_tenant: 'deletes an archived tenant: the lifecycle decides',
  revoke_api_key: 'taking access away must always be possible',
  append_audit_event: 'products tell of what happened, also to a tenant that is read-only',
  append_audit_events: 'as above',
};

const mutations = listOperations().filter(({ type, safe }) => type === 'mutation' && !safe);

test('every operation that changes something is known here: as a write that a freeze stops, or as an exception', () => {
  const names = mutations.map(({ route }) => route.operation).sort();
  expect([...Object.keys(writes), ...Object.keys(exceptions)].sort()).toEqual(names);
});

const walked = mutations.filter(({ route }) => route.operation in writes);

describe.each([
  ['frozen', ['cancel']],
  ['archived', ['cancel', 'archive']],
] as const)('a tenant that is %s', (status, steps) => {
  let held: Held;
  let before: number;
  beforeAll(async () => {
    held = await newHeld(server);
    for (const step of steps) await server.call(`POST /v1/tenants/${held.tenant_id}/${step}`);
    before = (await trailOf(server, held.tenant_id)).length;
  });

  test.each(walked)('refuses $route.operation and writes nothing', async (operation) => {
    const { status: http, body } = await server.call(...requestOf(server, operation, held));
    expect([http, body.code]).toEqual([409, `tenant_${status}`]);
    expect(await trailOf(server, held.tenant_id)).toHaveLength(before);
  });

  test('still lets a key be revoked', async () => {
    expect((await server.call(`DELETE /v1/api-keys/${held.key}`)).status).toBe(204);
  });
});

test('the same requests go through in an active tenant, so it is the freeze that stops them', async () => {
  for (const operation of walked) {
    const { route } = operation;
    const { status, body } = await server.call(...requestOf(server, operation, await newHeld(server)));
    expect([route.operation, status], JSON.stringify(body)).toEqual([route.operation, route.status ?? 200]);
  }
});
