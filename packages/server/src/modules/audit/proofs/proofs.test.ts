/** The proof endpoints, checked by hashing of the test's own: the registry is not asked whether it is right. */
import canonicalize from 'canonicalize';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { appendEvent, appendEvents, eventOf } from '../../../../test/support/audit-events.ts';
import {
  checkpointsOf,
  hexHash,
  leafHashOf,
  leavesOf,
  linesOf,
  PLATFORM_LOG,
  REGISTRY_LOG,
  rootByPath,
  sealAll,
  signAll,
} from '../../../../test/support/audit-log.ts';
import { type Answer, madeIn, newProject, newTenant, testServer, UNKNOWN } from '../../../../test/support/server.ts';
import { openNote, parseVerifier } from '../tree/note.ts';
import { verifyConsistency } from '../tree/proof.ts';

const server = testServer();
const ORIGIN = 'registry.example/audit';

const get = (path: string, token: string | null = server.operatorToken) =>
  server.call(`GET /v1/audit${path}`, { token });

const keyFor = async (tenant_id: string, fields: Record<string, unknown> = {}) =>
  (await madeIn(server, tenant_id, 'api-keys', { name: 'auditor', scopes: ['registry:audit:read'], ...fields })).key;

async function fill(tenant_id: string, count: number): Promise<string[]> {
  const events = Array.from({ length: count }, (_, n) => eventOf({ tenant_id, metadata: { n } }));
  return (await appendEvents(server, events)).body.ids;
}

const told = ({ status, body }: Answer) => [status, body.code, body.errors?.[0]?.pointer ?? null];

/** Checks a proof as an auditor does who has the event and the verifiers. */
function checkProof(proof: Answer['body'], event: Answer['body'], log: string): void {
  const { verifiers } = { verifiers: server.app.deps.audit.signing.signers.map(({ verifier }) => verifier) };
  const { text } = openNote(proof.checkpoint, verifiers.map(parseVerifier));
  const signed = linesOf(text);
  expect([signed.origin, signed.size]).toEqual([proof.origin, proof.size]);
  expect(proof.origin).toBe(`${ORIGIN}/${log}`);
  const { actor, target, metadata, description, source_ip, reported_by, external_id, extra } = event;
  const who = canonicalize({ actor_id: actor.id, actor_name: actor.name, reported_by, source_ip });
  const what = canonicalize({
    ...{ description, external_id, extra, metadata },
    ...{ target_id: target?.id ?? null, target_name: target?.name ?? null },
  });
  expect([proof.who.value, proof.what.value]).toEqual([who, what]);
  for (const group of [proof.who, proof.what])
    expect(hexHash(Buffer.from(group.salt, 'base64'), group.value)).toBe(group.hash);
  const { id, tenant_slug, product, project_id, action, crud, is_failure, request_id, origin } = event;
  const entry = canonicalize({
    ...{ v: 1, log, id, tenant_slug, product, project_id, action, crud, is_failure, request_id, origin },
    ...{ actor_type: actor.type, target_type: target?.type ?? null },
    ...{ occurred_at: event.occurred_at, created_at: event.created_at },
    ...{ who: proof.who.hash, what: proof.what.hash },
  });
  expect(proof.entry).toBe(entry);
  const leaf = leafHashOf(proof.entry);
  expect(proof.leaf_hash).toBe(leaf.toString('base64'));
  expect(rootByPath(leaf, proof)).toBe(signed.root);
}

/** Values that canonical JSON writes in a form of its own, or that a database could change on the way. */
const odd = {
  actor: { type: 'user', id: 'kc|7"\\/', name: 'Zoë 😀\u2028\u007f' },
  target: { type: 'report', id: '\u0001\t', name: null },
  description: 'a\nb\r\u001f€',
  source_ip: '2001:DB8:0:0::1',
  external_id: 'evt "1"',
  crud: 'u',
  occurred_at: '2026-01-02T03:04:05.678901+02:00',
  metadata: {
    numbers: [0, -0, 1e-7, 1.5, 4.35, 0.1, 1e-300, 9_007_199_254_740_991, -1e6],
    '€': 1,
    '\u{1f600}': 2,
    '\ufb33': 3,
    a: { B: null, b: [], '': {}, '\r': true },
    text: '</script>\u0080ö\ud83d\ude00',
    __proto__x: 1,
  },
};

// proves A62
test('an event is proved by what the answer says, under the newest checkpoint and under every one that has it', async () => {
  const { id: tenant_id } = await newTenant(server);
  const event = await appendEvent(server, { tenant_id, product: 'certifai', is_failure: true, ...odd });
  await signAll(server);
  await fill(tenant_id, 3);
  await signAll(server);
  const newest = await get(`/${event.id}/proof`);
  expect([newest.status, newest.body.log, newest.body.index, newest.body.size]).toEqual([200, tenant_id, 1, 5]);
  checkProof(newest.body, event, tenant_id);
  const first = await get(`/${event.id}/proof?size=2`);
  expect(first.body.size).toBe(2);
  checkProof(first.body, event, tenant_id);
  expect(await get(`/${event.id}/proof`, await keyFor(tenant_id))).toMatchObject({ status: 200, body: newest.body });
});

// proves A14
test('an event of the platform, and one of a tenant that was deleted since, are proved to callers of the platform', async () => {
  const reported = await appendEvent(server);
  const { id } = await newTenant(server);
  const lost = await appendEvent(server, { tenant_id: id });
  await signAll(server);
  for (const step of ['cancel', 'archive']) await server.call(`POST /v1/tenants/${id}/${step}`);
  expect((await server.call(`DELETE /v1/tenants/${id}`)).status).toBe(204);
  for (const [event, log] of [
    [reported, PLATFORM_LOG],
    [lost, id],
  ] as const) {
    const [proof, kept] = [await get(`/${event.id}/proof`), await get(`/${event.id}`)];
    checkProof(proof.body, kept.body, log);
  }
  expect((await get(`/checkpoint?tenant_id=${id}`)).status).toBe(200);
  expect((await get(`/consistency?tenant_id=${id}&first=1`)).status).toBe(200);
});

test('an event that no checkpoint covers is not_sealed, until the round that Retry-After leads to', async () => {
  const { id: tenant_id } = await newTenant(server);
  await signAll(server);
  const event = await appendEvent(server, { tenant_id });
  for (const covered of [false, true]) {
    const { status, headers, body } = await get(`/${event.id}/proof`);
    expect([status, body.code]).toEqual([409, 'not_sealed']);
    const seconds = Number(headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(62);
    if (!covered) await sealAll(server);
  }
  await signAll(server);
  expect((await get(`/${event.id}/proof`)).status).toBe(200);
  const fresh = await newTenant(server);
  for (const path of ['/checkpoint?', '/consistency?first=1&'])
    expect(told(await get(`${path}tenant_id=${fresh.id}`))).toEqual([409, 'not_sealed', null]);
});

test('a size under which the event is not, and one that was never signed, are unknown', async () => {
  const { id: tenant_id } = await newTenant(server);
  await signAll(server);
  const event = await appendEvent(server, { tenant_id });
  await fill(tenant_id, 1);
  await signAll(server);
  for (const size of [1, 2, 4])
    expect(told(await get(`/${event.id}/proof?size=${size}`))).toEqual([404, 'size_unknown', '/size']);
  for (const wrong of ['0', '-1', 'x', '1.5', '9007199254740992', ''])
    expect(told(await get(`/${event.id}/proof?size=${wrong}`))).toEqual([400, 'invalid_input', '/size']);
});

test('an event that is not there, pruned or foreign is not found, and a key of a project proves events of the project alone', async () => {
  const [own, foreign] = [await newTenant(server), await newTenant(server)];
  const project = await newProject(server, own.id);
  const inside = await appendEvent(server, { tenant_id: own.id, project_id: project.id });
  const outside = await appendEvent(server, { tenant_id: own.id });
  const pruned = await appendEvent(server, { tenant_id: own.id });
  await signAll(server);
  await server.app.deps.db.transaction().execute(async (tx) => {
    await sql`alter table audit_log disable trigger user`.execute(tx);
    await sql`delete from audit_log where id = ${pruned.id}`.execute(tx);
    await sql`alter table audit_log enable trigger user`.execute(tx);
  });
  const statusOf = async (id: string, token: string) => (await get(`/${id}/proof`, token)).status;
  const bound = await keyFor(own.id, { project_id: project.id });
  expect([await statusOf(inside.id, bound), await statusOf(outside.id, bound)]).toEqual([200, 404]);
  expect(await statusOf(inside.id, await keyFor(foreign.id))).toBe(404);
  for (const id of [pruned.id, UNKNOWN]) expect(told(await get(`/${id}/proof`))).toEqual([404, 'not_found', null]);
});

test('a part that was erased has its hash, and neither salt nor value', async () => {
  const { id: tenant_id } = await newTenant(server);
  const event = await appendEvent(server, { tenant_id });
  await signAll(server);
  const before = (await get(`/${event.id}/proof`)).body;
  await server.app.deps.db
    .updateTable('audit_leaves')
    .set({ who_salt: null })
    .where('event_id', '=', event.id)
    .execute();
  const after = (await get(`/${event.id}/proof`)).body;
  expect(after).toEqual({ ...before, who: { salt: null, value: null, hash: before.who.hash } });
  expect(rootByPath(leafHashOf(after.entry), after)).toBe(linesOf(after.checkpoint).root);
});

test('the checkpoint of a log is in the newest checkpoint over all logs, which everybody may see', async () => {
  const { id: tenant_id } = await newTenant(server);
  const token = await keyFor(tenant_id);
  await signAll(server);
  const { status, body } = await get('/checkpoint', token);
  expect(status).toBe(200);
  const [signed] = (await checkpointsOf(server, tenant_id)).slice(-1);
  expect(body).toMatchObject({
    ...{ log: tenant_id, origin: `${ORIGIN}/${tenant_id}`, size: signed?.size, note: signed?.note },
    created_at: signed?.created_at,
  });
  const { registry } = body;
  expect(registry.entry).toBe(canonicalize({ log: body.log, size: body.size, root: body.root }));
  expect(linesOf(registry.note)).toEqual({
    origin: `${ORIGIN}/${REGISTRY_LOG}`,
    size: registry.size,
    root: rootByPath(leafHashOf(registry.entry), registry),
  });
  const over = await get('/checkpoint?of=registry', token);
  expect(over.body).toMatchObject({ log: REGISTRY_LOG, size: registry.size, note: registry.note, registry: null });
  expect((await get(`/checkpoint?tenant_id=${tenant_id}`)).body).toEqual(body);
  expect((await get('/checkpoint')).body.log).toBe(PLATFORM_LOG);
});

test('a log is the beginning of itself at every later size', async () => {
  const { id: tenant_id } = await newTenant(server);
  const token = await keyFor(tenant_id);
  for (const count of [1, 5, 249, 1, 300]) {
    await fill(tenant_id, count);
    await signAll(server);
  }
  for (const [of, log] of [
    ['tenant', tenant_id],
    ['registry', REGISTRY_LOG],
  ] as const) {
    const signed = (await checkpointsOf(server, log)).slice(-5);
    for (const [n, first] of signed.entries())
      for (const second of signed.slice(n)) {
        const { body } = await get(`/consistency?of=${of}&first=${first.size}&second=${second.size}`, token);
        expect([body.log, body.first, body.second, body.checkpoint]).toEqual([
          log,
          first.size,
          second.size,
          second.note,
        ]);
        const path = body.path.map((hash: string) => Buffer.from(hash, 'base64'));
        const sizes = { first: first.size, second: second.size };
        expect(verifyConsistency({ ...sizes, firstRoot: first.root, secondRoot: second.root, path })).toBe(true);
      }
  }
  // Around the edge of a tile, under each checkpoint that has the leaf.
  const ids = (await leavesOf(server, tenant_id)).map(({ event_id }) => event_id);
  const sizes = (await checkpointsOf(server, tenant_id)).map(({ size }) => size);
  for (const index of [0, 1, 254, 255, 256, 257, ids.length - 1])
    for (const size of sizes.filter((each) => each > index)) {
      const { body } = await get(`/${ids[index]}/proof?size=${size}`, token);
      expect([body.index, rootByPath(leafHashOf(body.entry), body)]).toEqual([index, linesOf(body.checkpoint).root]);
    }
});

test('a consistency proof may end at a size that no checkpoint has, and not beyond the newest one', async () => {
  const { id: tenant_id } = await newTenant(server);
  await fill(tenant_id, 6);
  await signAll(server);
  const ask = (query: string) => get(`/consistency?tenant_id=${tenant_id}&${query}`);
  expect((await ask('first=3')).body).toMatchObject({ first: 3, second: 7 });
  expect((await ask('first=3&second=6')).body).toMatchObject({ second: 6, checkpoint: null });
  expect((await ask('first=7')).body.path).toEqual([]);
  expect(told(await ask('first=3&second=8'))).toEqual([404, 'size_unknown', '/second']);
  expect(told(await ask('first=8'))).toEqual([404, 'size_unknown', '/first']);
  expect(told(await ask('first=5&second=4'))).toEqual([404, 'size_unknown', '/first']);
  for (const wrong of ['first=0', 'first=-1', 'first=a', 'second=7'])
    expect(told(await ask(wrong))).toEqual([400, 'invalid_input', '/first']);
  expect(told(await ask('first=1&second=0'))).toEqual([400, 'invalid_input', '/second']);
  expect(told(await ask('first=1&of=platform'))).toEqual([400, 'invalid_input', '/of']);
});

test('the log of another tenant is not found, nor is that of a tenant that never was', async () => {
  const [own, foreign] = [await newTenant(server), await newTenant(server)];
  await signAll(server);
  const token = await keyFor(own.id);
  for (const path of ['/checkpoint?', '/consistency?first=1&']) {
    for (const of of ['tenant', 'registry'])
      expect(told(await get(`${path}of=${of}&tenant_id=${foreign.id}`, token))).toEqual([404, 'not_found', null]);
    expect(told(await get(`${path}tenant_id=${REGISTRY_LOG}`, token))).toEqual([404, 'not_found', null]);
    expect(told(await get(`${path}tenant_id=${UNKNOWN}`))).toEqual([404, 'not_found', null]);
  }
});

test('proofs are for callers that may read the audit log', async () => {
  const { id: tenant_id } = await newTenant(server);
  const event = await appendEvent(server, { tenant_id });
  await signAll(server);
  const without = await keyFor(tenant_id, { scopes: ['registry:projects:read'] });
  for (const path of [`/${event.id}/proof`, '/checkpoint', '/consistency?first=1', '/verifiers']) {
    expect(told(await get(path, null))).toEqual([401, 'unauthenticated', null]);
    expect(told(await get(path, without))).toEqual([403, 'forbidden', null]);
  }
});

test('the verifiers are those of the keys that sign', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { status, body } = await get('/verifiers', await keyFor(tenant_id));
  expect([status, body.origin, body.verifiers.length]).toEqual([200, ORIGIN, 1]);
  expect(body.verifiers[0]).toMatch(/^registry\.example\/audit\+[0-9a-f]{8}\+A[\w+/]+=*$/);
  expect((await get('/verifiers?key=1')).status).toBe(400);
});
