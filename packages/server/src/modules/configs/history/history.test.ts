import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import {
  madeIn,
  newProject,
  newTenant,
  testServer,
  trailOf,
  UNKNOWN,
  uniqueSlug,
} from '../../../../test/support/server.ts';

const server = testServer();

async function newPlace() {
  const { id: tenant_id } = await newTenant(server);
  const { id: project } = await newProject(server, tenant_id);
  return { tenant_id, project, path: `/v1/projects/${project}/configs/limits` };
}

const put = (path: string, content: unknown, fields: Record<string, unknown>) =>
  server.call(`PUT ${path}`, { body: { content, ...fields } });
const get = (path: string) => server.call(`GET ${path}`);
const rollback = (path: string, body: Record<string, unknown>) => server.call(`POST ${path}/rollback`, { body });
const codeOf = ({ status, body }: { status: number; body: { code: string } }) => [status, body.code];

/** Gives the key these contents, one after another, from a key that was never written. */
async function written(path: string, contents: readonly unknown[]) {
  for (const [index, content] of contents.entries()) {
    const answer = await put(path, content, { expected_version: index });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  }
}

const usersUpTo = (maximum: number) => ({ type: 'object', properties: { max_users: { type: 'integer', maximum } } });
const newSchema = async (tenant_id: string, content: unknown = usersUpTo(100)) =>
  (await madeIn(server, tenant_id, 'schemas', { name: uniqueSlug(), content })).id as string;

describe('the history of a key', () => {
  // proves B11, B12, B34
  test('has every version, newest first, with who did what and why', async () => {
    const { path } = await newPlace();
    await put(path, { a: 1 }, { expected_version: 0, reason: 'The contract of March.' });
    await put(path, null, { expected_version: 1 });
    await server.call(`DELETE ${path}?expected_version=2&reason=Unused.`);
    await rollback(path, { version: 1, expected_version: 3, reason: 'Used after all.' });
    const { status, body } = await get(`${path}/revisions`);
    expect([status, body.next_cursor]).toEqual([200, null]);
    const author = { type: 'operator', id: expect.any(String), name: expect.any(String) };
    expect(body.items).toMatchObject([
      { version: 4, operation: 'rollback', source_version: 1, reason: 'Used after all.', author },
      { version: 3, operation: 'delete', source_version: null, reason: 'Unused.', content_sha256: null, author },
      { version: 2, operation: 'update', source_version: null, reason: null, author },
      { version: 1, operation: 'create', source_version: null, reason: 'The contract of March.', author },
    ]);
    expect(body.items[0].content_sha256).toBe(body.items[3].content_sha256);
    for (const item of body.items) expect(item).not.toHaveProperty('content');
    const full = await get(`${path}/revisions?content=true`);
    expect(full.body.items.map(({ content }: { content: unknown }) => content)).toEqual([
      { a: 1 },
      null,
      null,
      { a: 1 },
    ]);
    for (const item of full.body.items) expect((await get(`${path}/revisions/${item.version}`)).body).toEqual(item);
  });

  test('is cut into pages that writes in between do not shift', async () => {
    const { path } = await newPlace();
    await written(path, [1, 2, 3, 4, 5]);
    const seen: number[] = [];
    let cursor = '';
    do {
      const { body } = await get(`${path}/revisions?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...body.items.map(({ version }: { version: number }) => version));
      cursor = body.next_cursor ?? '';
      await put(path, `after ${seen.length}`, { expected_version: (await get(path)).body.version });
    } while (cursor !== '');
    expect(seen).toEqual([5, 4, 3, 2, 1]);
    const { body } = await get(`${path}/revisions?limit=2`);
    const elsewhere = path.replace('limits', 'other');
    await put(elsewhere, 1, { expected_version: 0 });
    expect(codeOf(await get(`${elsewhere}/revisions?limit=2&cursor=${body.next_cursor}`))).toEqual([
      400,
      'invalid_cursor',
    ]);
  });

  test('with contents ends a page at its bytes, one version at least', async () => {
    const { path } = await newPlace();
    const large = (index: number) => `${index}`.repeat(250_000);
    await written(path, [1, 2, 3, 4, 5, 6].map(large));
    const { body } = await get(`${path}/revisions?content=true`);
    expect(body.items.length).toBeGreaterThan(0);
    expect(body.items.length).toBeLessThan(6);
    expect(JSON.stringify(body).length).toBeLessThanOrEqual(1_048_576);
    const { body: bare } = await get(`${path}/revisions`);
    expect([bare.items.length, bare.next_cursor]).toEqual([6, null]);
  });

  test('is not found for a key that was never written, a version that never was, and a project of nowhere', async () => {
    const { path } = await newPlace();
    for (const suffix of ['/revisions', '/revisions/1', '/diff?from=0'])
      expect(codeOf(await get(`${path}${suffix}`)), suffix).toEqual([404, 'not_found']);
    await written(path, [1]);
    const missing = await get(`${path}/revisions/2`);
    expect([...codeOf(missing), missing.body.errors]).toMatchObject([
      404,
      'not_found',
      [{ pointer: '/version', in: 'path' }],
    ]);
    expect(codeOf(await get(`/v1/projects/${UNKNOWN}/configs/limits/revisions`))).toEqual([404, 'not_found']);
    for (const bad of ['0', '-1', 'x', '1.5', '9007199254740993'])
      expect((await get(`${path}/revisions/${bad}`)).status, bad).toBe(400);
  });

  test('cannot be changed, by the registry neither', async () => {
    const { project, path } = await newPlace();
    await written(path, [1]);
    const { db } = server.app.deps;
    const change = sql`update config_revisions set content = '2' where project_id = ${project}`.execute(db);
    await expect(change).rejects.toThrow('revisions never change');
    const deletion = sql`delete from config_revisions where project_id = ${project}`.execute(db);
    await expect(deletion).rejects.toThrow('revisions never change');
  });
});

describe('a difference of two versions', () => {
  const changes = [{ a: 1, b: [1, 2] }, { a: 2, b: [1, 2] }, { a: 2 }];

  test('is a patch, forwards and backwards, to the current version when none is named', async () => {
    const { path } = await newPlace();
    await written(path, changes);
    const { body } = await get(`${path}/diff?from=1`);
    expect([body.from.version, body.to.version]).toEqual([1, 3]);
    expect(body.patch).toHaveLength(2);
    expect(body.patch).toEqual(
      expect.arrayContaining([
        { op: 'replace', path: '/a', value: 2 },
        { op: 'remove', path: '/b' },
      ]),
    );
    const back = await get(`${path}/diff?from=3&to=2`);
    expect(back.body.patch).toEqual([{ op: 'add', path: '/b', value: [1, 2] }]);
    const none = await get(`${path}/diff?from=2&to=2`);
    expect(none.body).toMatchObject({ patch: [], from: none.body.to });
  });

  test('with a deletion, or with version 0, adds or removes the whole', async () => {
    const { path } = await newPlace();
    await written(path, [null]);
    await server.call(`DELETE ${path}?expected_version=1`);
    const patchOf = async (query: string) => (await get(`${path}/diff?${query}`)).body.patch;
    expect(await patchOf('from=0&to=1')).toEqual([{ op: 'add', path: '', value: null }]);
    expect(await patchOf('from=1')).toEqual([{ op: 'remove', path: '' }]);
    expect(await patchOf('from=2&to=0')).toEqual([]);
    expect((await get(`${path}/diff?from=1`)).body.to).toEqual({ version: 2, content_sha256: null });
  });

  test('needs versions that are there', async () => {
    const { path } = await newPlace();
    await written(path, [1]);
    for (const [query, pointer] of [
      ['from=2', '/from'],
      ['from=1&to=2', '/to'],
    ]) {
      const answer = await get(`${path}/diff?${query}`);
      expect([...codeOf(answer), answer.body.errors[0].pointer]).toEqual([404, 'not_found', pointer]);
    }
    expect((await get(`${path}/diff`)).body.errors[0]).toMatchObject({ pointer: '/from', in: 'query' });
  });
});

describe('a rollback', () => {
  // proves B12, B16, B34
  test('makes a new version with the content and the hash of an earlier one, and its event names both', async () => {
    const { tenant_id, path } = await newPlace();
    await written(path, [{ a: 1, b: 2 }, 'two', 'three']);
    const first = (await get(`${path}/revisions/1`)).body;
    const answer = await rollback(path, { version: 1, expected_version: 3, reason: 'Too much.' });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ version: 4, content: first.content, content_sha256: first.content_sha256 });
    const read = await get(path);
    expect([read.body, read.headers.get('etag')]).toEqual([answer.body, answer.headers.get('etag')]);
    const rows = (await trailOf(server, tenant_id)).filter(({ action }) => action === 'config.rolled_back');
    expect(rows).toMatchObject([{ description: 'Too much.', metadata: { version: 4, source_version: 1 } }]);
    expect((await get(`${path}/revisions`)).body.items).toHaveLength(4);
  });

  test('to the content that the key has is a version too', async () => {
    const { path } = await newPlace();
    await written(path, [1]);
    expect((await rollback(path, { version: 1, expected_version: 1 })).body).toMatchObject({ version: 2, content: 1 });
  });

  test('by If-Match takes the tag of the current version, or any', async () => {
    const { path } = await newPlace();
    await written(path, [1, 2]);
    const matching = (etag: string) =>
      server.call(`POST ${path}/rollback`, { body: { version: 1 }, headers: { 'if-match': etag } });
    const etag = (await get(path)).headers.get('etag') ?? '';
    expect((await matching(etag)).body).toMatchObject({ version: 3, content: 1 });
    expect(codeOf(await matching(etag))).toEqual([412, 'precondition_failed']);
    expect((await matching('*')).body.version).toBe(4);
  });

  test('brings a deleted key back, with the schema that it had', async () => {
    const { tenant_id, path } = await newPlace();
    const schema_id = await newSchema(tenant_id);
    await put(path, { max_users: 50 }, { expected_version: 0, schema_id });
    const [created] = (await get(`${path}/revisions`)).body.items;
    await server.call(`DELETE ${path}?expected_version=1`);
    const back = await rollback(path, { version: 1, expected_version: 0 });
    expect(back.body).toMatchObject({ version: 3, content: { max_users: 50 }, schema_id, schema_version: 1 });
    expect(Date.parse(back.body.created_at)).toBeGreaterThanOrEqual(Date.parse(created.created_at));
  });

  test('brings a deleted key back without a schema when that was deleted since', async () => {
    const { tenant_id, path } = await newPlace();
    const schema_id = await newSchema(tenant_id);
    await put(path, { max_users: 50 }, { expected_version: 0, schema_id });
    await server.call(`DELETE ${path}?expected_version=1`);
    expect((await server.call(`DELETE /v1/schemas/${schema_id}`)).status).toBe(204);
    const back = await rollback(path, { version: 1, expected_version: 2 });
    expect(back.body).toMatchObject({ version: 3, content: { max_users: 50 }, schema_id: null, schema_version: null });
  });

  test('has to be valid by the schema that the key has now, and not by the one of then', async () => {
    const { tenant_id, path } = await newPlace();
    await written(path, [{ max_users: 500 }, { max_users: 5 }]);
    const schema_id = await newSchema(tenant_id);
    await put(path, { max_users: 6 }, { expected_version: 2, schema_id });
    const refused = await rollback(path, { version: 1, expected_version: 3 });
    expect(codeOf(refused)).toEqual([400, 'content_invalid']);
    expect(refused.body.errors).toMatchObject([{ pointer: '/content/max_users' }]);
    const taken = await rollback(path, { version: 2, expected_version: 3 });
    expect(taken.body).toMatchObject({ version: 4, content: { max_users: 5 }, schema_id, schema_version: 1 });
  });

  test('needs a version that has a content, of a key that was written', async () => {
    const { path } = await newPlace();
    expect(codeOf(await rollback(path, { version: 1, expected_version: 0 }))).toEqual([404, 'not_found']);
    await written(path, [1]);
    await server.call(`DELETE ${path}?expected_version=1`);
    for (const version of [2, 3]) {
      const answer = await rollback(path, { version, expected_version: 2 });
      expect([...codeOf(answer), answer.body.errors[0].pointer]).toEqual([404, 'not_found', '/version']);
    }
    for (const version of [0, -1, 1.5, '1', null]) {
      const answer = await rollback(path, { version, expected_version: 2 });
      expect([answer.status, answer.body.errors[0].pointer], String(version)).toEqual([400, '/version']);
    }
    expect((await get(`${path}/revisions`)).body.items).toHaveLength(2);
  });
});
