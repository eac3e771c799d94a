import { expect, test } from 'vitest';
import { newKey } from '../../../../test/support/api-keys.ts';
import { commitEdits, contextOf, newPlace } from '../../../../test/support/config-history.ts';
import { newProject, testServer } from '../../../../test/support/server.ts';
import { PAGE_BYTES_MAX } from '../../../kernel/pagination.ts';
import type { Place } from '../store/port.ts';

const server = testServer();

const pathOf = ({ project_id }: Place) => `/v1/projects/${project_id}/configs`;
const ctx = () => contextOf(server);
const keysOf = ({ body }: { body: { items: { key: string }[] } }) => body.items.map(({ key }) => key);
const list = (place: Place, query = '') => server.call(`GET ${pathOf(place)}${query}`);

async function placeWith(contents: Readonly<Record<string, unknown>>): Promise<Place> {
  const place = await newPlace(server);
  for (const [key, content] of Object.entries(contents)) await commitEdits(ctx(), place, [{ key, content }]);
  return place;
}

// proves B33
test('keys come in the order of their bytes, without deleted ones, as they are read alone', async () => {
  const place = await placeWith({ b: 1, B: 2, _: 3, 'a-1': 4, 'a.1': 5, a_1: 6, a1: null }).catch(() => undefined);
  expect(place, 'a key begins with a letter or digit').toBeUndefined();
  const known = await placeWith({ b: 1, B: 2, 'a-1': 4, 'a.1': 5, a_1: 6, a1: null, gone: 7 });
  await commitEdits(ctx(), known, [{ key: 'gone' }]);
  const answer = await list(known);
  expect(keysOf(answer)).toEqual(['B', 'a-1', 'a.1', 'a1', 'a_1', 'b']);
  for (const item of answer.body.items)
    expect((await server.call(`GET ${pathOf(known)}/${item.key}`)).body).toEqual(item);
  expect(keysOf(await list(known, '?prefix=a'))).toEqual(['a-1', 'a.1', 'a1', 'a_1']);
  expect(keysOf(await list(known, '?prefix=a_'))).toEqual(['a_1']);
  expect(keysOf(await list(known, '?prefix=z'))).toEqual([]);
  const bare = await list(known, '?content=false');
  expect(bare.body.items).toEqual(answer.body.items.map(({ content: _, ...rest }: Record<string, unknown>) => rest));
});

// proves B25
test('content is found by what it contains, now and in the past', async () => {
  const place = await placeWith({ a: { n: 1, tags: ['x', 'y'] }, b: { n: 2 }, c: [1, 2], d: 'text' });
  const { state } = (await list(place)).body;
  await commitEdits(ctx(), place, [{ key: 'b', content: { n: 1 } }]);
  const found = async (contains: unknown, query = '') =>
    keysOf(await list(place, `?contains=${encodeURIComponent(JSON.stringify(contains))}${query}`));
  expect(await found({ n: 1 })).toEqual(['a', 'b']);
  expect(await found({ n: 1 }, `&at=${state}`)).toEqual(['a']);
  expect(await found({ tags: ['y'] })).toEqual(['a']);
  expect(await found([2])).toEqual(['c']);
  expect(await found('text')).toEqual(['d']);
  expect(await found({ n: 1 }, '&prefix=b')).toEqual(['b']);
  for (const contains of [
    '',
    '{',
    '1e999',
    `"${'x'.repeat(4_096)}"`,
    '"\\u0000"',
    '"\\ud800"',
    '['.repeat(33) + ']'.repeat(33),
  ]) {
    const refused = await list(place, `?contains=${encodeURIComponent(contains)}`);
    expect(refused, contains).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
    expect(refused.body.errors[0].pointer).toBe('/contains');
  }
});

test('all pages are of one state, and a cursor is good for its own project and filters alone', async () => {
  const place = await placeWith({ a: 1, b: 1, c: 1, d: 1 });
  const first = await list(place, '?limit=2');
  await commitEdits(ctx(), place, [{ key: 'c', content: 2 }, { key: 'd' }, { key: 'e', content: 2 }]);
  const next = `cursor=${encodeURIComponent(first.body.next_cursor)}`;
  const second = await list(place, `?limit=2&${next}`);
  expect(keysOf(second)).toEqual(['c', 'd']);
  expect(second.body).toMatchObject({ next_cursor: null, state: first.body.state });
  expect(second.body.items.map(({ content }: { content: unknown }) => content)).toEqual([1, 1]);
  const other = await placeWith({ a: 1 });
  for (const refused of [
    await list(other, `?${next}`),
    await list(place, `?prefix=a&${next}`),
    await list(place, '?cursor=x'),
  ])
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_cursor', errors: [{ pointer: '/cursor' }] } });
  expect(await list(place, '?at=ffff.1')).toMatchObject({ status: 400, body: { code: 'config_state_unknown' } });
  // The store was moved or repaired meanwhile.
  await server.app.deps.db.updateTable('config_store').set({ epoch: 'another' }).execute();
  expect(await list(place, `?limit=2&${next}`)).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
});

test('a page ends at its size, and the next goes on', async () => {
  const place = await newPlace(server);
  const large = 'x'.repeat(200_000);
  for (let index = 0; index < 12; index += 2)
    await commitEdits(
      ctx(),
      place,
      [0, 1].map((more) => ({ key: `k${String(index + more).padStart(2, '0')}`, content: large })),
    );
  const keys: string[] = [];
  let cursor = '';
  let pages = 0;
  do {
    const answer = await list(place, `?limit=200${cursor}`);
    expect(JSON.stringify(answer.body).length).toBeLessThan(PAGE_BYTES_MAX);
    keys.push(...keysOf(answer));
    pages += 1;
    cursor = answer.body.next_cursor === null ? '' : `&cursor=${encodeURIComponent(answer.body.next_cursor)}`;
  } while (cursor !== '');
  expect([keys.length, new Set(keys).size, pages]).toEqual([12, 12, 3]);
});

test('a tenant lists the keys of all its projects, and a bound key those of its own', async () => {
  const place = await placeWith({ a: { n: 1 }, b: 2 });
  const sibling = { ...place, project_id: (await newProject(server, place.tenant_id)).id };
  await commitEdits(ctx(), sibling, [{ key: 'a', content: { n: 1 } }]);
  await placeWith({ a: { n: 1 } });
  await server.call(`POST /v1/tenants/${place.tenant_id}/activate`);
  const scopes = ['registry:configs:read'];
  const [whole, bound] = [
    await newKey(server, { tenant_id: place.tenant_id, scopes }),
    await newKey(server, { tenant_id: place.tenant_id, project_id: sibling.project_id, scopes }),
  ];
  const of = async (query: string, token?: string) => {
    const { status, body } = await server.call(`GET /v1/configs?tenant_id=${place.tenant_id}${query}`, {
      token: token ?? server.operatorToken,
    });
    expect(status).toBe(200);
    return { body, places: body.items.map(({ project_id, key }: Record<string, string>) => [project_id, key]) };
  };
  const all = [place.project_id, place.project_id, sibling.project_id].map((id, index) => [id, ['a', 'b', 'a'][index]]);
  all.sort(([a = ''], [b = '']) => (a < b ? -1 : a > b ? 1 : 0));
  expect((await of('')).places).toEqual(all);
  expect((await of('', whole.key)).places).toEqual(all);
  expect((await of('', bound.key)).places).toEqual([[sibling.project_id, 'a']]);
  expect((await of(`&contains=${encodeURIComponent('{"n":1}')}`)).places).toHaveLength(2);
  expect((await of('&prefix=b')).places).toEqual([[place.project_id, 'b']]);
  const first = await of('&limit=2');
  const second = await of(`&limit=2&cursor=${encodeURIComponent(first.body.next_cursor)}`);
  expect([...first.places, ...second.places]).toEqual(all);
  const stranger = await newKey(server, { scopes });
  expect((await server.call(`GET /v1/configs?tenant_id=${place.tenant_id}`, { token: stranger.key })).status).toBe(404);
});
