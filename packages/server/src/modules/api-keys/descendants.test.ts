/** What a key gives away: keys that end with it at the latest, and that its revocation can take back. */
import { apiKeys } from '@tenant-registry/db';
import { expect, test } from 'vitest';
import { newProject, tenantIn, testServer, trailOf } from '../../../test/support/server.ts';

const server = testServer();
const MAKES_KEYS = ['registry:api_keys:write', 'registry:api_keys:read'];

interface Made {
  readonly id: string;
  readonly key: string;
  readonly tenant_id: string;
}

async function make(fields: Record<string, unknown>, token?: string) {
  const body = { name: 'k', scopes: MAKES_KEYS, ...fields };
  return server.call('POST /v1/api-keys', { body, ...(token === undefined ? {} : { token }) });
}

/** A key that may make keys, made by the operator or by another key. */
async function newKey(fields: Record<string, unknown> = {}, maker?: Made) {
  const tenant_id = maker?.tenant_id ?? fields['tenant_id'] ?? (await tenantIn(server, 'active')).id;
  const { status, body } = await make({ tenant_id, ...fields }, maker?.key);
  expect(status).toBe(201);
  return body;
}

const codeOf = async ({ key }: Pick<Made, 'key'>) => {
  const { body } = await server.call('POST /v1/internal/api-keys/verify', {
    body: { key },
    token: server.internalToken,
  });
  return body.code;
};
const inSeconds = (seconds: number) => new Date(server.clock.now().getTime() + seconds * 1000).toISOString();
const rotate = ({ id }: Made, token?: string, grace_seconds = 0) =>
  server.call(`POST /v1/api-keys/${id}/rotate`, { body: { grace_seconds }, ...(token === undefined ? {} : { token }) });
const revoke = ({ id }: Pick<Made, 'id'>, query = '?with_descendants=true', token?: string) =>
  server.call(`DELETE /v1/api-keys/${id}${query}`, token === undefined ? {} : { token });

test('a key that a key makes ends with it when nothing else is asked, and with it at the latest', async () => {
  const maker = await newKey({ expires_at: inSeconds(3_600) });
  const { body: asMaker } = await make({ tenant_id: maker.tenant_id }, maker.key);
  expect(asMaker.expires_at).toBe(maker.expires_at);
  const sooner = inSeconds(60);
  const { body: before } = await make({ tenant_id: maker.tenant_id, expires_at: sooner }, maker.key);
  expect(before.expires_at).toBe(sooner);
  const same = await make({ tenant_id: maker.tenant_id, expires_at: maker.expires_at }, maker.key);
  expect([same.status, same.body.expires_at]).toEqual([201, maker.expires_at]);
  const later = await make({ tenant_id: maker.tenant_id, expires_at: inSeconds(3_601) }, maker.key);
  expect(later.status).toBe(400);
  expect(later.body).toMatchObject({ code: 'expiry_beyond_maker', errors: [{ pointer: '/expires_at' }] });
  server.clock.advance(3_600_000);
  for (const key of [maker, asMaker, before, same.body]) expect(await codeOf(key)).toBe('expired');
});

test('a key without an end, and a person, make keys of any length', async () => {
  const maker = await newKey();
  const { body: endless } = await make({ tenant_id: maker.tenant_id }, maker.key);
  expect(endless.expires_at).toBeNull();
  const expires_at = inSeconds(9_999);
  expect((await make({ tenant_id: maker.tenant_id, expires_at }, maker.key)).body.expires_at).toBe(expires_at);
  expect((await make({ tenant_id: maker.tenant_id, expires_at })).body.expires_at).toBe(expires_at);
});

test('a rotation gives no more time: a key replaces itself and what ends no later, and nothing that lives longer', async () => {
  const tenant_id = (await tenantIn(server, 'active')).id;
  const short = await newKey({ tenant_id, expires_at: inSeconds(600) });
  const [long, endless] = [await newKey({ tenant_id, expires_at: inSeconds(601) }), await newKey({ tenant_id })];
  for (const other of [long, endless]) {
    const refused = await rotate(other, short.key);
    expect([refused.status, refused.body.code]).toEqual([403, 'forbidden']);
    expect(await codeOf(other)).toBe('valid');
  }
  const { status, body } = await rotate(short, short.key);
  expect([status, body.expires_at]).toEqual([201, short.expires_at]);
});

test('each key names the key that made it, and a list shows what a key made', async () => {
  const maker = await newKey();
  const [child, other] = [await newKey({}, maker), await newKey({ tenant_id: maker.tenant_id })];
  expect([maker.created_by_key_id, child.created_by_key_id, other.created_by_key_id]).toEqual([null, maker.id, null]);
  const list = `GET /v1/api-keys?tenant_id=${maker.tenant_id}&created_by_key_id=${maker.id}`;
  const { key: _, ...shown } = child;
  expect((await server.call(list)).body.items).toEqual([shown]);
  expect((await server.call(list, { token: maker.key })).body.items).toEqual([shown]);
  const [created] = (await trailOf(server, maker.tenant_id)).filter(({ target_id }) => target_id === child.id);
  expect(created).toMatchObject({ action: 'api_key.created', actor_id: maker.id });
  expect(created?.metadata).toMatchObject({ created_by_key_id: maker.id });
});

test('a key that rotates is the maker of the new key; a rotation by a person keeps the maker', async () => {
  const maker = await newKey();
  const child = await newKey({}, maker);
  const { body: byPerson } = await rotate(child);
  expect(byPerson.created_by_key_id).toBe(maker.id);
  const { body: byItself } = await rotate(byPerson, byPerson.key);
  expect(byItself.created_by_key_id).toBe(byPerson.id);
  const another = await newKey({ tenant_id: maker.tenant_id });
  expect((await rotate(byItself, another.key)).body.created_by_key_id).toBe(another.id);
});

test('revoked alone a key leaves what it made; with its descendants every generation ends, with one event for each', async () => {
  const maker = await newKey();
  const [child, sibling] = [await newKey({}, maker), await newKey({}, maker)];
  const grandchild = await newKey({}, child);
  const rotated = (await rotate(grandchild, grandchild.key)).body;
  const stranger = await newKey({ tenant_id: maker.tenant_id });
  expect((await revoke(child, '')).status).toBe(204);
  expect(await codeOf(rotated)).toBe('valid');
  const answer = await revoke(maker);
  expect([answer.status, answer.body]).toEqual([204, null]);
  for (const key of [maker, child, sibling, grandchild, rotated]) expect(await codeOf(key)).toBe('revoked');
  expect(await codeOf(stranger)).toBe('valid');
  const ended = async () =>
    (await trailOf(server, maker.tenant_id))
      .filter(({ action }) => action === 'api_key.revoked')
      .map((row) => row.target_id);
  const all = [maker.id, child.id, sibling.id, rotated.id].sort();
  expect((await ended()).sort()).toEqual(all);
  expect((await revoke(maker)).status).toBe(204);
  expect((await ended()).sort()).toEqual(all);
});

test('descendants that outnumber one transaction all end', async () => {
  const maker = await newKey();
  const keys = Array.from({ length: 230 }, (_, index) => ({
    id: crypto.randomUUID(),
    tenant_id: maker.tenant_id,
    name: `k${index}`,
    prefix: 'bp_AAAAAAAA',
    hash: crypto.randomUUID(),
    created_by_key_id: maker.id,
  }));
  await server.app.deps.db.insertInto('api_keys').values(keys).execute();
  expect((await revoke(maker)).status).toBe(204);
  const { keys: left } = await apiKeys.listApiKeysMadeBy(server.app.deps.db, maker, 1);
  expect(left).toEqual([]);
  const events = (await trailOf(server, maker.tenant_id)).filter(({ action }) => action === 'api_key.revoked');
  expect(new Set(events.map(({ target_id }) => target_id)).size).toBe(231);
  expect(events).toHaveLength(231);
});

test('a frozen tenant does not keep a key or its descendants alive', async () => {
  const maker = await newKey();
  const child = await newKey({}, maker);
  await server.call(`POST /v1/tenants/${maker.tenant_id}/cancel`);
  expect((await revoke(maker)).status).toBe(204);
  expect([await codeOf(maker), await codeOf(child)]).toEqual(['revoked', 'revoked']);
});

test('a caller that may not see a key ends nothing of it: another tenant, another project, no permission', async () => {
  const maker = await newKey();
  const child = await newKey({}, maker);
  const foreign = await newKey();
  expect((await revoke(maker, undefined, foreign.key)).status).toBe(404);
  const project = await newProject(server, maker.tenant_id);
  const bound = await newKey({ tenant_id: maker.tenant_id, project_id: project.id });
  expect((await revoke(maker, undefined, bound.key)).status).toBe(404);
  const reader = await newKey({ tenant_id: maker.tenant_id, scopes: ['registry:api_keys:read'] });
  expect((await revoke(maker, undefined, reader.key)).status).toBe(403);
  expect([await codeOf(maker), await codeOf(child)]).toEqual(['valid', 'valid']);
});

test('with_descendants is true or false', async () => {
  const maker = await newKey();
  const { status, body } = await revoke(maker, '?with_descendants=all');
  expect([status, body.errors[0].pointer]).toEqual([400, '/with_descendants']);
  expect((await revoke(maker, '?with_descendants=false')).status).toBe(204);
});
