import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import { webhooks } from '@tenant-registry/db';
import { describe, expect, test } from 'vitest';
import { auditOf, newTenant, runWorker, startTestServer, testServer, trailOf } from '../../../test/support/server.ts';
import { NOWHERE, newWebhook } from '../../../test/support/webhooks.ts';
import { createSealed } from '../../kernel/sealed.ts';
import { testConfig } from '../../testing.ts';
import { openSecrets, PURPOSE, publicKeyOf } from './secrets.ts';

const server = testServer();

const [KEY = ''] = testConfig.secretsKeys;
const OTHER = 'another-key-of-at-least-32-characters';
const rotate = (id: string, body: Record<string, unknown> = {}) =>
  server.call(`POST /v1/webhooks/${id}/rotate-secret`, { body });
const rowsOf = (id: string) =>
  server.app.deps.db.selectFrom('webhook_secrets').selectAll().where('endpoint_id', '=', id).orderBy('id').execute();
/** The secrets that sign now. */
const signing = async (id: string, { deps } = server.app) =>
  openSecrets(deps.sealed, await webhooks.listSecrets(deps.db, id, deps.clock()));

test('a given secret is kept and shown, sealed in the database, and opened for its row alone', async () => {
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  const { id, ...made } = await newWebhook(server, (await newTenant(server)).id, { secret });
  expect(made.secret).toBe(secret);
  const [row] = await rowsOf(id);
  expect(row?.sealed).toMatch(/^v1\.[0-9a-f]{16}\.[\w-]+$/);
  expect(await signing(id)).toEqual([secret]);
  const moved = [{ id, sealed: row?.sealed ?? '' }];
  await expect(openSecrets(server.app.deps.sealed, moved)).rejects.toThrow('belongs to another row');
  for (const path of [`webhooks/${id}`, 'webhooks'])
    expect(JSON.stringify((await server.call(`GET /v1/${path}`)).body)).not.toContain('whsec_');
});

test('an ed25519 webhook shows its public key alone, which checks what its seed signs', async () => {
  const { id: tenant_id } = await newTenant(server);
  const body = { tenant_id, url: NOWHERE, event_types: ['*'], signature: 'ed25519' };
  const { status, body: made } = await server.call('POST /v1/webhooks', { body });
  expect([status, 'secret' in made]).toEqual([201, false]);
  expect(made.public_key).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
  const [text = ''] = await signing(made.id);
  expect(text).toMatch(/^whsk_[A-Za-z0-9+/]{43}=$/);
  const bytesOf = (key: string) => Buffer.from(key.slice('whsk_'.length), 'base64');
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: bytesOf(made.public_key).toString('base64url') };
  const privateKey = createPrivateKey({
    key: { ...jwk, d: bytesOf(text).toString('base64url') },
    format: 'jwk',
  });
  const signature = sign(null, Buffer.from('payload'), privateKey);
  expect(verify(null, Buffer.from('payload'), createPublicKey({ key: jwk, format: 'jwk' }), signature)).toBe(true);
  const rotated = await rotate(made.id);
  expect([rotated.status, 'secret' in rotated.body]).toEqual([201, false]);
  expect(rotated.body.public_key).not.toBe(made.public_key);
  expect((await server.call(`GET /v1/webhooks/${made.id}`)).body.public_key).toBe(rotated.body.public_key);
  expect(await signing(made.id)).toHaveLength(2);
});

// RFC 8032, section 7.1, test 1.
test('the public key of a seed is the one of the standard', () => {
  const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
  expect(publicKeyOf(seed).toString('hex')).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
});

test('a rotation gives a new secret, both sign until the overlap is over, and it is recorded without them', async () => {
  const { id: tenant_id } = await newTenant(server);
  const { id, secret } = await newWebhook(server, tenant_id);
  server.clock.advance(1_000);
  const { status, body } = await rotate(id, { overlap_seconds: 600 });
  expect([status, body.id, body.secret === secret]).toEqual([201, id, false]);
  expect(await signing(id)).toEqual([body.secret, secret]);
  server.clock.advance(599_000);
  expect(await signing(id)).toEqual([body.secret, secret]);
  server.clock.advance(1_000);
  expect(await signing(id)).toEqual([body.secret]);
  const trail = await auditOf(server, id);
  expect(trail.map(({ action }) => action)).toEqual(['webhook.created', 'webhook.secret_rotated']);
  expect(trail[1]?.metadata).toMatchObject({ id, overlap_seconds: 600 });
  expect(JSON.stringify(await trailOf(server, tenant_id))).not.toMatch(/whsec_/);
  await rotate(id);
  expect(await rowsOf(id), 'what has expired is deleted').toHaveLength(2);
});

test('a rotation without an overlap ends every secret of before at once, those of earlier rotations too', async () => {
  const { id } = await newWebhook(server, (await newTenant(server)).id);
  await rotate(id, { overlap_seconds: 604_800 });
  const { body } = await rotate(id, { overlap_seconds: 0 });
  expect(await signing(id)).toEqual([body.secret]);
});

test('a webhook has ten secrets at most that have not expired', async () => {
  const { id } = await newWebhook(server, (await newTenant(server)).id);
  for (let made = 1; made < 10; made++) expect((await rotate(id)).status).toBe(201);
  const refused = await rotate(id);
  expect([refused.status, refused.body.code]).toEqual([409, 'webhook_secret_limit_reached']);
  expect(await signing(id), 'nothing was ended by it').toHaveLength(10);
  expect((await rotate(id, { overlap_seconds: 0 })).status).toBe(201);
  expect(await signing(id)).toHaveLength(1);
});

test.each([-1, 604_801, 1.5, '60'])('an overlap of %j seconds is refused', async (overlap_seconds) => {
  const { id } = await newWebhook(server, (await newTenant(server)).id);
  const { status, body } = await rotate(id, { overlap_seconds });
  expect([status, body.errors[0].pointer]).toEqual([400, '/overlap_seconds']);
});

test('a repetition of the creation by its Idempotency-Key comes without the secret, and stores none', async () => {
  const { id: tenant_id } = await newTenant(server);
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const send = () =>
    server.call('POST /v1/webhooks', {
      body: { tenant_id, url: NOWHERE, event_types: ['*'], secret },
      headers: { 'idempotency-key': 'once' },
    });
  const [first, again] = [await send(), await send()];
  const { secret: shown, ...rest } = first.body;
  expect([shown, again.status, again.body]).toEqual([secret, 201, rest]);
  expect([first.headers.get('etag'), again.headers.get('etag')]).toEqual([
    again.headers.get('etag'),
    first.headers.get('etag'),
  ]);
});

describe('another key', () => {
  test('in front seals new secrets, a worker seals the others again, and then the older key can go', async () => {
    const { id, secret } = await newWebhook(server, (await newTenant(server)).id);
    const before = await rowsOf(id);
    const deps = { ...server.app.deps, sealed: createSealed([OTHER, KEY]) };
    const worker = server.app.workers.find(({ name }) => name === 'webhooks-reseal');
    const waiting = await deps.db.selectFrom('webhook_secrets').select('id').execute();
    const run = () => worker?.runOnce(deps, AbortSignal.timeout(30_000));
    // Two replicas at once: each row is sealed again by one of them.
    const [mine = 0, theirs = 0] = await Promise.all([run(), run()]);
    let done = mine + theirs;
    for (let more = await run(); more; more = await run()) done += more;
    expect(done).toBe(waiting.length);
    const after = await rowsOf(id);
    expect(after[0]?.sealed).not.toBe(before[0]?.sealed);
    expect(after.map(({ sealed: _, ...row }) => row)).toEqual(before.map(({ sealed: _, ...row }) => row));
    expect(await openSecrets(createSealed([OTHER]), after)).toEqual([secret]);
    await expect(openSecrets(createSealed([KEY]), after)).rejects.toMatchObject({
      definition: { code: 'secrets_key_missing' },
    });
    expect((await webhooks.listSealingKeys(deps.db)).map(({ key_id }) => key_id)).toEqual(
      createSealed([OTHER])(PURPOSE).keyIds,
    );
    // Back under the key of this file's server.
    for (const row of await deps.db.selectFrom('webhook_secrets').selectAll().execute()) {
      const text = await deps.sealed(PURPOSE).open(row.sealed, row.id);
      const sealed = await createSealed([KEY])(PURPOSE).seal(text, row.id);
      await deps.db.updateTable('webhook_secrets').set({ sealed }).where('id', '=', row.id).execute();
    }
    expect(await runWorker(server, 'webhooks-reseal'), 'nothing is under another key').toBe(0);
  });

  test('does not stop at a secret that cannot be opened: it stays, and the log says which', async () => {
    const [broken, whole] = [
      await newWebhook(server, (await newTenant(server)).id),
      await newWebhook(server, (await newTenant(server)).id),
    ];
    const [row] = await rowsOf(broken.id);
    const { db } = server.app.deps;
    const spoilt = row?.sealed
      .replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'))
      .replace(/\.(.)(?=[^.]*$)/, (_, first) => `.${first === 'A' ? 'B' : 'A'}`);
    await db
      .updateTable('webhook_secrets')
      .set({ sealed: spoilt ?? '' })
      .where('id', '=', row?.id ?? '')
      .execute();
    const deps = { ...server.app.deps, sealed: createSealed([OTHER, KEY]) };
    const worker = server.app.workers.find(({ name }) => name === 'webhooks-reseal');
    while ((await worker?.runOnce(deps, AbortSignal.timeout(30_000))) !== 0);
    expect((await rowsOf(broken.id))[0]?.sealed).toBe(spoilt);
    expect(await openSecrets(createSealed([OTHER]), await rowsOf(whole.id))).toEqual([whole.secret]);
    const lines = server.logs.filter((line) => line.includes('stays under its key'));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join('')).toContain(row?.id);
  });
});

describe('without a key', () => {
  test('no webhook is made and no secret rotated: 503 says what is missing', async () => {
    const bare = await startTestServer({ secretsKeys: [] });
    const { id: tenant_id } = await newTenant(bare);
    const { status, body } = await bare.call('POST /v1/webhooks', {
      body: { tenant_id, url: NOWHERE, event_types: ['*'] },
    });
    expect([status, body.code]).toEqual([503, 'secrets_key_missing']);
    expect((await bare.call(`GET /v1/webhooks?tenant_id=${tenant_id}`)).body.items).toEqual([]);
    await bare.close();
  });
});
