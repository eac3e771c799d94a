import { expect, test } from 'vitest';
import { commitEdits, contextOf, newPlace } from '../../../../test/support/config-history.ts';
import { testServer } from '../../../../test/support/server.ts';
import { cursorOf } from '../cursor.ts';
import type { Place } from '../store/port.ts';

const server = testServer();

const diff = ({ project_id }: Place, query: string) =>
  server.call(`GET /v1/projects/${project_id}/config-diff?${query}`);
const commit = async (place: Place, edits: Parameters<typeof commitEdits>[2]) =>
  cursorOf(place, await commitEdits(contextOf(server), place, edits));

// proves B34
test('what was created, changed and deleted between two states is told with a patch', async () => {
  const place = await newPlace(server);
  const from = await commit(place, [
    { key: 'kept', content: 0 },
    { key: 'changed', content: { port: 80, old: true } },
    { key: 'deleted', content: 1 },
    { key: 'again', content: 2 },
  ]);
  await commit(place, [{ key: 'again' }, { key: 'brief', content: 1 }]);
  const to = await commit(place, [
    { key: 'changed', content: { port: 81, 'a/b': [] } },
    { key: 'deleted' },
    { key: 'again', content: 2 },
    { key: 'brief' },
    { key: 'created', content: 3 },
  ]);
  const { status, body } = await diff(place, `from=${from}&to=${to}`);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    from,
    to,
    next_cursor: null,
    items: [
      { key: 'again', change: 'updated', from: { version: 1 }, to: { version: 3 }, patch: [] },
      { key: 'changed', change: 'updated', from: { version: 1 }, to: { version: 2 } },
      { key: 'created', change: 'created', from: null, to: { version: 1 }, patch: null },
      { key: 'deleted', change: 'deleted', from: { version: 1 }, to: null, patch: null },
    ],
  });
  expect(body.items).toHaveLength(4);
  expect(body.items[1].patch).toEqual(
    expect.arrayContaining([
      { op: 'replace', path: '/port', value: 81 },
      { op: 'remove', path: '/old' },
      { op: 'add', path: '/a~1b', value: [] },
    ]),
  );
  const back = await diff(place, `from=${to}&to=${from}`);
  expect(back.body.items.map(({ change }: { change: string }) => change)).toEqual([
    'updated',
    'updated',
    'deleted',
    'created',
  ]);
  expect((await diff(place, `from=${from}&prefix=c`)).body.items).toEqual([body.items[1], body.items[2]]);
  expect((await diff(place, `from=${to}`)).body).toMatchObject({ from: to, to, items: [] });
});

test('contents of more than 32 KiB have no patch', async () => {
  const place = await newPlace(server);
  const from = await commit(place, [
    { key: 'a', content: 'x'.repeat(32_766) },
    { key: 'b', content: 'x'.repeat(32_767) },
  ]);
  await commit(place, [
    { key: 'a', content: 1 },
    { key: 'b', content: 1 },
  ]);
  const { body } = await diff(place, `from=${from}`);
  expect(body.items).toMatchObject([{ patch: [{ op: 'replace', path: '', value: 1 }] }, { patch: null }]);
});

test('all pages compare one pair of states, whatever is written meanwhile', async () => {
  const place = await newPlace(server);
  const from = await commit(place, [{ key: 'z', content: 1 }]);
  await commit(
    place,
    ['a', 'b', 'c'].map((key) => ({ key, content: 1 })),
  );
  const first = await diff(place, `from=${from}&limit=2`);
  await commit(place, [
    { key: 'c', content: 2 },
    { key: 'd', content: 2 },
  ]);
  const next = `cursor=${encodeURIComponent(first.body.next_cursor)}`;
  const second = await diff(place, `from=${from}&limit=2&${next}`);
  expect(second.body).toMatchObject({
    to: first.body.to,
    next_cursor: null,
    items: [{ key: 'c', to: { version: 1 } }],
  });
  expect(await diff(place, `from=${first.body.to}&${next}`)).toMatchObject({
    status: 400,
    body: { code: 'invalid_cursor' },
  });
});

test('states that are none are refused at their fields', async () => {
  const place = await newPlace(server);
  const from = await commit(place, [{ key: 'a', content: 1 }]);
  const [tag = ''] = from.split('.');
  expect(await diff(place, `from=${tag}.9`)).toMatchObject({
    body: { code: 'config_state_unknown', errors: [{ pointer: '/from' }] },
  });
  expect(await diff(place, `from=${from}&to=ffff.1`)).toMatchObject({
    body: { code: 'config_state_unknown', errors: [{ pointer: '/to' }] },
  });
  expect(await diff(place, '')).toMatchObject({ body: { code: 'invalid_input', errors: [{ pointer: '/from' }] } });
  const long = await diff(place, 'from=2000-01-01T00:00:00Z&to=2999-01-01T00:00:00Z');
  expect(long.body).toMatchObject({ from: `${tag}.0`, to: from, items: [{ key: 'a', change: 'created' }] });
});
