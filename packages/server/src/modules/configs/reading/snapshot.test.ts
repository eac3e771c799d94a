import { get, type IncomingMessage } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { withPlugin } from '@tenant-registry/db/testing';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { newKey } from '../../../../test/support/api-keys.ts';
import { commitEdits, contextOf, newPlace } from '../../../../test/support/config-history.ts';
import { newProject, newTenant, testServer, UNKNOWN } from '../../../../test/support/server.ts';
import type { ActorContext } from '../../../kernel/context.ts';
import { cursorOf } from '../cursor.ts';
import type { Place } from '../store/port.ts';
import { BATCH_BYTES_MAX } from './batches.ts';
import { snapshotConfigs } from './service.ts';

const server = testServer();

const pathOf = ({ project_id }: Place) => `/v1/projects/${project_id}/config-snapshot`;

async function placeWith(keys: readonly string[]): Promise<Place> {
  const place = await newPlace(server);
  for (const key of keys) await commitEdits(contextOf(server), place, [{ key, content: { key } }]);
  return place;
}

// proves B33
test('a snapshot has each value as it is read alone, by key, and is no file', async () => {
  const place = await placeWith(['b', 'a.x', 'B']);
  const { status, headers, body } = await server.call(`GET ${pathOf(place)}`);
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('application/json');
  expect(headers.get('content-disposition')).toBeNull();
  expect(headers.get('etag')).toBe(`"${body.cursor}"`);
  expect(body.project_id).toBe(place.project_id);
  expect(body.configs.map(({ key }: { key: string }) => key)).toEqual(['B', 'a.x', 'b']);
  for (const config of body.configs)
    expect((await server.call(`GET /v1/projects/${place.project_id}/configs/${config.key}`)).body).toEqual(config);
  const empty = await server.call(`GET ${pathOf(place)}?prefix=c`);
  expect(empty.body).toEqual({ ...body, configs: [] });
  const some = await server.call(`GET ${pathOf(place)}?prefix=a.`);
  expect(some.body.configs).toEqual([body.configs[1]]);
});

test('who has the current state hears that in a 304, and no value is read; another state has another tag', async () => {
  const place = await placeWith(['a']);
  const first = await server.call(`GET ${pathOf(place)}`);
  const headers = { 'if-none-match': String(first.headers.get('etag')) };
  const { status, body, headers: told } = await server.call(`GET ${pathOf(place)}`, { headers });
  expect([status, body, told.get('etag')]).toEqual([304, null, first.headers.get('etag')]);
  // The tag is set before the text is opened, and opening it is what reads.
  const counted = countHeld(contextOf(server));
  const text = await snapshotConfigs(counted.ctx, { project_id: place.project_id });
  expect([counted.ctx.answerHeaders.get('etag'), counted.most()]).toEqual([headers['if-none-match'], 0]);
  const pieces = (await text.open())[Symbol.asyncIterator]();
  expect(counted.most()).toBeGreaterThan(0);
  await pieces.return?.();
  await commitEdits(contextOf(server), place, [{ key: 'a', content: 2 }]);
  const later = await server.call(`GET ${pathOf(place)}`, { headers });
  expect(later.status).toBe(200);
  expect(later.headers.get('etag')).not.toBe(first.headers.get('etag'));
  // The state of before is still there, and unchanged.
  const before = await server.call(`GET ${pathOf(place)}?at=${first.body.cursor}`);
  expect(before.body).toEqual(first.body);
  const again = await server.call(`GET ${pathOf(place)}?at=${first.body.cursor}`, { headers });
  expect(again.status).toBe(304);
});

test('HEAD has the tag of the state, and no text', async () => {
  const place = await placeWith(['a']);
  const response = await fetch(server.url + pathOf(place), {
    method: 'HEAD',
    headers: { authorization: `Bearer ${server.operatorToken}` },
  });
  const { headers } = await server.call(`GET ${pathOf(place)}`);
  expect([response.status, response.headers.get('etag')]).toEqual([200, headers.get('etag')]);
  expect(await response.text()).toBe('');
});

test('a state that is none is refused at its field', async () => {
  const place = await placeWith(['a']);
  const { body } = await server.call(`GET ${pathOf(place)}`);
  const [tag = ''] = body.cursor.split('.');
  for (const at of [`${tag}.2`, `${tag}.9999999999999999`, 'ffff.1', `${tag}x.1`, `x${tag}.1`]) {
    const refused = await server.call(`GET ${pathOf(place)}?at=${at}`);
    expect(refused, at).toMatchObject({
      status: 400,
      body: { code: 'config_state_unknown', errors: [{ pointer: '/at', in: 'query' }] },
    });
  }
  for (const at of ['yesterday', `${tag}.01`, `${tag}.-1`, '2026-13-01T00:00:00Z', 'a'.repeat(65), '']) {
    const refused = await server.call(`GET ${pathOf(place)}?at=${at}`);
    expect(refused, at).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
    expect(refused.body.errors[0], at).toMatchObject({ pointer: '/at', in: 'query' });
  }
  const future = await server.call(`GET ${pathOf(place)}?at=2999-01-01T00:00:00%2B02:00`);
  expect(future.body).toEqual(body);
  const past = await server.call(`GET ${pathOf(place)}?at=2000-01-01T00:00:00Z`);
  expect(past.body).toEqual({ ...body, cursor: `${tag}.0`, configs: [] });
});

test('a project of another tenant, and one beside that of a bound key, is not found', async () => {
  const place = await placeWith(['a']);
  const sibling = await newProject(server, place.tenant_id);
  await server.call(`POST /v1/tenants/${place.tenant_id}/activate`);
  const scopes = ['registry:configs:read'];
  const bound = await newKey(server, { tenant_id: place.tenant_id, project_id: sibling.id, scopes });
  const stranger = await newKey(server, { scopes });
  const own = await newKey(server, { tenant_id: place.tenant_id, project_id: place.project_id, scopes });
  for (const token of [bound.key, stranger.key])
    expect(await server.call(`GET ${pathOf(place)}`, { token })).toMatchObject({ status: 404 });
  expect((await server.call(`GET ${pathOf(place)}`, { token: own.key })).body.configs).toHaveLength(1);
  expect(await server.call(`GET /v1/projects/${UNKNOWN}/config-snapshot`)).toMatchObject({ status: 404 });
});

test('a past that was pruned is refused, and one that is kept is not', async () => {
  const place = await placeWith(['a', 'b']);
  const ctx = contextOf(server);
  const states = [(await server.call(`GET ${pathOf(place)}`)).body.cursor];
  for (const content of [1, 2, 3]) {
    states.push(cursorOf(place, await commitEdits(ctx, place, [{ key: 'a', content }])));
  }
  const kept = await Promise.all(states.map((at) => server.call(`GET ${pathOf(place)}?at=${at}`)));
  await server.app.deps.db.transaction().execute(async (tx) => {
    await sql`select set_config('app.retention', 'on', true)`.execute(tx);
    await sql`
      delete from config_revisions where project_id = ${place.project_id} and config_key = 'a' and version <= 2`.execute(
      tx,
    );
  });
  const after = await Promise.all(states.map((at) => server.call(`GET ${pathOf(place)}?at=${at}`)));
  expect(after.map(({ status }) => status)).toEqual([400, 400, 200, 200]);
  expect(after.slice(2).map(({ body }) => body)).toEqual(kept.slice(2).map(({ body }) => body));
  expect(after[0]?.body).toMatchObject({ code: 'config_state_unknown', errors: [{ pointer: '/at' }] });
  // What was never pruned is still told.
  expect((await server.call(`GET ${pathOf(place)}?at=${states[0]}&prefix=b`)).body.configs).toHaveLength(1);
  const diff = await server.call(`GET /v1/projects/${place.project_id}/config-diff?from=${states[0]}`);
  expect(diff).toMatchObject({ status: 400, body: { code: 'config_state_unknown' } });
});

/** Keys of so many bytes each, straight in the table: the head counts what the test needs. */
async function fill(place: Place, { keys, bytes }: { keys: number; bytes: number }): Promise<void> {
  await sql`
    insert into configs (project_id, key, tenant_id, version, revision, content, content_sha256, write_id, updated_by,
      created_at, updated_at)
    select ${place.project_id}, 'k' || lpad(i::text, 5, '0'), ${place.tenant_id}, 1, 1,
      to_jsonb(repeat('x', ${bytes})), repeat('a', 64), 'w', '{"type":"user","id":"u","name":"U"}', now(), now()
    from generate_series(1, ${keys}::int) as i`.execute(server.app.deps.db);
  await sql`
    insert into config_heads (project_id, tenant_id, revision, keys, bytes)
    values (${place.project_id}, ${place.tenant_id}, 1, ${keys}, ${keys * bytes})`.execute(server.app.deps.db);
}

/** Counts the bytes of content that came from the database and were not given on yet. */
function countHeld(ctx: ActorContext) {
  let held = 0;
  let most = 0;
  const db = withPlugin(ctx.db, {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      for (const row of result.rows) held += String(row['content'] ?? '').length;
      most = Math.max(most, held);
      return result;
    },
  });
  return {
    ctx: { ...ctx, db },
    give: (bytes: number) => {
      held -= bytes;
    },
    most: () => most,
  };
}

// proves B24
test('a snapshot of 32 MiB holds two batches, however slowly it is taken', async () => {
  const place = await newPlace(server);
  const [keys, bytes] = [512, 65_536];
  await fill(place, { keys, bytes });
  const counted = countHeld(contextOf(server));
  let taken = 0;
  for await (const piece of await snapshotConfigs(counted.ctx, { project_id: place.project_id })) {
    counted.give(piece.length);
    taken += piece.length;
    await nextTurn();
  }
  expect(taken).toBeGreaterThan(keys * bytes);
  // The row that reaches the end of a batch is in it.
  expect(counted.most()).toBeLessThan(2 * (BATCH_BYTES_MAX + bytes));
}, 60_000);

test('all that a tenant reads is told to its pace, which it waits for before it begins', async () => {
  const place = await newPlace(server);
  await fill(place, { keys: 40, bytes: 65_536 });
  const ctx = contextOf(server);
  const told: [string | null, number][] = [];
  const configReadsPace = async (...part: [string | null, number]) => void told.push(part);
  const asTenant = { ...ctx, configReadsPace, actor: { ...ctx.actor, tenant_id: place.tenant_id } };
  let taken = 0;
  for await (const piece of await snapshotConfigs(asTenant, { project_id: place.project_id })) taken += piece.length;
  expect(told[0]).toEqual([place.tenant_id, 0]);
  expect(new Set(told.map(([tenant]) => tenant))).toEqual(new Set([place.tenant_id]));
  const paced = told.reduce((sum, [, bytes]) => sum + bytes, 0);
  expect(paced).toBeLessThanOrEqual(taken);
  expect(paced).toBeGreaterThan(taken - 2 * 65_536);
});

// proves B33
test('numbers are written as they are when their key is read alone', async () => {
  const place = await newPlace(server);
  const content = { big: [1e21, -1.5e300, 123_456_789_012_345_680_000], small: [1e-7, 5e-324], text: '1'.repeat(40) };
  await commitEdits(contextOf(server), place, [{ key: 'a', content }]);
  let text = '';
  for await (const piece of await snapshotConfigs(contextOf(server), { project_id: place.project_id })) text += piece;
  expect(text).toContain('-1.5e+300');
  const alone = await server.call(`GET /v1/projects/${place.project_id}/configs/a`);
  expect(JSON.parse(text).configs).toEqual([alone.body]);
  expect(alone.body.content).toEqual(content);
});

// proves B33
test('a later page that fails breaks the answer off, so it is no valid JSON', async () => {
  const place = await newPlace(server);
  await fill(place, { keys: 300, bytes: 8_192 });
  const { deps } = server.app;
  // The second page finds a value that has no hash, which the database refuses nowhere else.
  await sql`alter table configs drop constraint configs_deleted_check`.execute(deps.db);
  await sql`
    update configs set content_sha256 = null where project_id = ${place.project_id} and key = 'k00290'`.execute(
    deps.db,
  );
  const answer = await new Promise<IncomingMessage>((resolve) => {
    get(server.url + pathOf(place), { headers: { authorization: `Bearer ${server.operatorToken}` } }, resolve);
  });
  expect(answer.statusCode).toBe(200);
  let text = '';
  await expect(
    (async () => {
      for await (const chunk of answer) text += chunk;
    })(),
  ).rejects.toThrow();
  expect(text.length).toBeGreaterThan(BATCH_BYTES_MAX);
  expect(() => JSON.parse(text)).toThrow();
  // Its place is free again.
  await expect.poll(() => deps.configReads.load().running).toBe(0);
});

test('a tenant takes two at once, and the platform is not kept out', async () => {
  const { id } = await newTenant(server);
  const { configReads } = server.app.deps;
  const places = [await configReads.enter(id), await configReads.enter(id)];
  let isIn = false;
  const third = configReads.enter(id).then((leave) => {
    isIn = true;
    leave();
  });
  (await configReads.enter(null))();
  expect(isIn).toBe(false);
  for (const leave of places) leave();
  await third;
});
