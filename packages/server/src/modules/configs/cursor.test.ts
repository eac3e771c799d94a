import { createHash, randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { commitEdits, contextOf, newPlace } from '../../../test/support/config-history.ts';
import { readEvents } from '../../../test/support/event-reader.ts';
import { newProject, testServer } from '../../../test/support/server.ts';
import { cursorOf, stateOf } from './cursor.ts';
import type { Place } from './store/port.ts';

const server = testServer();

const P = ({ project_id }: Place) => `/v1/projects/${project_id}`;
const edit = async (place: Place, content: unknown) =>
  cursorOf(place, await commitEdits(contextOf(server), place, [{ key: 'a', content }]));

/** Gives the store of this server another epoch until the test is over. */
async function changeEpoch(): Promise<void> {
  const { db } = server.app.deps;
  const { epoch } = await db.selectFrom('config_store').select('epoch').executeTakeFirstOrThrow();
  const set = (to: string) => db.updateTable('config_store').set({ epoch: to }).execute();
  onTestFinished(async () => void (await set(epoch)));
  await set('another');
}

/** Each way in which a cursor names a state of the project: its code, and the field that the answer blames. */
async function refusals(place: Place, cursor: string, known: string) {
  const asked = {
    snapshot: `config-snapshot?at=${cursor}`,
    export: `config-export?at=${cursor}`,
    list: `configs?at=${cursor}`,
    from: `config-diff?from=${cursor}`,
    to: `config-diff?from=${known}&to=${cursor}`,
  };
  const answers = Object.entries(asked).map(async ([name, path]) => {
    const { status, body } = await server.call(`GET ${P(place)}/${path}`);
    return [name, status === 200 ? 200 : `${status} ${body.code} ${body.errors[0].pointer}`];
  });
  return Object.fromEntries(await Promise.all(answers));
}

const unknown = (pointer: string) => `400 config_state_unknown ${pointer}`;
const refusedEverywhere = {
  snapshot: unknown('/at'),
  export: unknown('/at'),
  list: unknown('/at'),
  from: unknown('/from'),
  to: unknown('/to'),
};
const takenEverywhere = { snapshot: 200, export: 200, list: 200, from: 200, to: 200 };

/** What a watcher that comes with the cursor is told first, after `open`. */
async function firstTold(place: Place, known: { readonly query?: string; readonly lastEventId?: string }) {
  const { query = '', lastEventId = null } = known;
  const path = `${P(place)}/config-watch${query}`;
  const reader = await readEvents(server, { token: server.operatorToken, path, lastEventId });
  const { name, id } = await reader.until((told) => told.name !== 'open');
  reader.leave();
  return { name, id };
}

test('a cursor has a tag of epoch and project, and names a state of them alone, up to the head', () => {
  const [own, other] = [{ project_id: randomUUID() }, { project_id: randomUUID() }];
  const head = { epoch: 'e', revision: 3 };
  const digest = createHash('sha256').update(`e.${own.project_id}`).digest('hex');
  expect(cursorOf(own, head)).toBe(`${digest.slice(0, 12)}.3`);
  for (const revision of [0, 1, 3]) {
    const cursor = cursorOf(own, { epoch: 'e', revision });
    expect(stateOf(own, cursor, head)).toEqual({ epoch: 'e', revision });
    expect(stateOf(other, cursor, head)).toBeUndefined();
    expect(stateOf(own, cursor, { ...head, epoch: 'f' })).toBeUndefined();
    expect(stateOf(own, ` ${cursor}`, head)).toBeUndefined();
  }
  expect(stateOf(own, cursorOf(own, { epoch: 'e', revision: 4 }), head)).toBeUndefined();
  for (const text of ['', '3', '.3', 'e.3']) expect(stateOf(own, text, head), text).toBeUndefined();
});

test('tags that are no longer remembered are made again as they were', () => {
  const projects = Array.from({ length: 1_500 }, () => ({ project_id: randomUUID() }));
  const state = { epoch: 'e', revision: 1 };
  const cursors = projects.map((project) => cursorOf(project, state));
  expect(new Set(cursors).size).toBe(projects.length);
  expect(projects.map((project) => cursorOf(project, state))).toEqual(cursors);
});

// proves B33, B34
test('a cursor of another project is refused for every read, though both have a state of its revision', async () => {
  const place = await newPlace(server);
  const sibling = { ...place, project_id: (await newProject(server, place.tenant_id)).id };
  const stranger = await newPlace(server);
  const [own, ...others] = [await edit(place, 1), await edit(sibling, 1), await edit(stranger, 1)];
  for (const other of others) {
    expect(other.split('.')[1]).toBe(own.split('.')[1]);
    expect(await refusals(place, other, own)).toEqual(refusedEverywhere);
  }
  expect(await refusals(place, own, own)).toEqual(takenEverywhere);
});

test('the tag of a snapshot of another project is no reason for a 304', async () => {
  const [place, other] = [await newPlace(server), await newPlace(server)];
  const [own, foreign] = [await edit(place, 1), await edit(other, 1)];
  const statusWith = async (cursor: string) => {
    const headers = { 'if-none-match': `"${cursor}"` };
    return (await server.call(`GET ${P(place)}/config-snapshot`, { headers })).status;
  };
  expect([await statusWith(own), await statusWith(foreign)]).toEqual([304, 200]);
});

// proves B22
test('a watcher that comes with a cursor of another project is told a reset, and goes on from the present', async () => {
  const [place, other] = [await newPlace(server), await newPlace(server)];
  await edit(place, 1);
  const foreign = await edit(other, 1);
  const now = await edit(place, 2);
  for (const known of [{ query: `?after=${foreign}` }, { lastEventId: foreign }])
    expect(await firstTold(place, known)).toEqual({ name: 'reset', id: now });
});

test('a cursor of an older epoch is refused for every read, and told a reset', async () => {
  const place = await newPlace(server);
  const old = await edit(place, 1);
  await changeEpoch();
  const now = (await server.call(`GET ${P(place)}/config-snapshot`)).body.cursor;
  expect(now).toBe(cursorOf(place, { epoch: 'another', revision: 1 }));
  expect(await refusals(place, old, now)).toEqual(refusedEverywhere);
  expect(await refusals(place, now, now)).toEqual(takenEverywhere);
  for (const known of [{ query: `?after=${old}` }, { lastEventId: old }])
    expect(await firstTold(place, known)).toEqual({ name: 'reset', id: now });
});
