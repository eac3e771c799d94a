import type { Db } from '@tenant-registry/db';
import { type KyselyPlugin, sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { commitTogether } from '../../../../test/support/config-commits.ts';
import { newProject, newTenant, testServer } from '../../../../test/support/server.ts';
import { createSignals } from '../../../kernel/signals.ts';
import type { Place, ProjectTail, TailedChange } from './port.ts';
import { createPostgresTails } from './postgres-tails.ts';

const server = testServer();

async function newPlace(): Promise<Place> {
  const { id: tenant_id } = await newTenant(server);
  return { tenant_id, project_id: (await newProject(server, tenant_id)).id };
}

/** Tails of a replica of its own, that hears nothing unless it is told, with the number of statements that it sent. */
function newTails() {
  const counted = { statements: 0 };
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      counted.statements += 1;
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const { database, forTenant, logger } = server.app.deps;
  const signals = createSignals();
  const db: Db = server.app.deps.db.withPlugin(plugin);
  const tails = createPostgresTails({ db, database, forTenant, logger, signals });
  onTestFinished(() => tails.close());
  return { tails, counted, signals };
}

const toldOf = (changes: readonly TailedChange[] | undefined) =>
  changes?.map(({ key, version, revision }) => `${revision} ${key}@${version}`);

/** Reads all after the revision, page by page. */
async function readAll(tail: ProjectTail, bytesMax: number) {
  const pages: (readonly TailedChange[])[] = [];
  for (let after = 0; after < tail.latest(); ) {
    const page = await tail.changesAfter(after, bytesMax);
    if (page === undefined || page.length === 0) throw new Error(`nothing after ${after}`);
    pages.push(page);
    after = page.at(-1)?.revision ?? after;
  }
  return pages;
}

// proves B21
test('what another replica has committed is in hand when a settle that began later is over, without any notification', async () => {
  const place = await newPlace();
  const { tails } = newTails();
  const tail = await tails.tail(place);
  expect(tail.latest()).toBe(0);
  let news = 0;
  const stop = tail.onNews(() => {
    news += 1;
  });
  for (const content of [1, 2, 3]) await commitTogether(server, place, { a: content, b: content });
  expect(tail.latest()).toBe(0);
  await tail.settle();
  expect([tail.latest(), news]).toEqual([3, 1]);
  expect(toldOf(await tail.changesAfter(1, 100_000))).toEqual(['2 a@2', '2 b@2', '3 a@3', '3 b@3']);
  expect(await tail.changesAfter(3, 100_000)).toEqual([]);
  expect(await tail.changesAfter(4, 100_000)).toBeUndefined();
  stop();
  await commitTogether(server, place, { a: 4 });
  await tail.settle();
  expect([tail.latest(), news]).toEqual([4, 1]);
});

test('one statement asks for the heads of all projects that are waited for, and one tail serves all shares', async () => {
  const places = [await newPlace(), await newPlace(), await newPlace()];
  const { tails, counted } = newTails();
  const held = await Promise.all([...places, ...places].map((place) => tails.tail(place)));
  expect(counted.statements).toBe(1);
  await Promise.all(held.map((tail) => tail.settle()));
  expect(counted.statements).toBe(2);
  await commitTogether(server, places[0] as Place, { a: 1 });
  await Promise.all(held.map((tail) => tail.settle()));
  // The heads, and the page of the one project.
  expect(counted.statements).toBeLessThanOrEqual(5);
  expect(held.map((tail) => tail.latest())).toEqual([1, 0, 0, 1, 0, 0]);
});

test('a tail that nobody shares any more is forgotten, and a share is given back once', async () => {
  const place = await newPlace();
  const { tails, counted, signals } = newTails();
  const [first, second] = [await tails.tail(place), await tails.tail(place)];
  first.release();
  first.release();
  await commitTogether(server, place, { a: 1 });
  signals.tell('configured', `another ${place.project_id}`);
  await expect.poll(() => second.latest()).toBe(1);
  second.release();
  const before = counted.statements;
  for (const text of [`another ${place.project_id}`, 'another all', 'nonsense']) signals.tell('configured', text);
  await new Promise(setImmediate);
  expect(counted.statements).toBe(before);
});

test('a notification of another replica makes the project read, and one about other projects does not', async () => {
  const [place, other] = [await newPlace(), await newPlace()];
  const { tails, counted, signals } = newTails();
  const tail = await tails.tail(place);
  await commitTogether(server, place, { a: 1 });
  const before = counted.statements;
  signals.tell('configured', `another ${other.project_id}`);
  await new Promise(setImmediate);
  expect([tail.latest(), counted.statements]).toEqual([0, before]);
  signals.tell('configured', 'another all');
  await expect.poll(() => tail.latest()).toBe(1);
});

test('what this process has committed is read at once', async () => {
  const place = await newPlace();
  const tail = await server.app.deps.configStore.tail(place);
  onTestFinished(() => tail.release());
  await commitTogether(server, place, { a: 1 });
  await expect.poll(() => tail.latest()).toBe(1);
});

test('pages of the table have whole revisions, the largest ones too, and pages of memory are the same', async () => {
  const place = await newPlace();
  const { tails } = newTails();
  const early = await tails.tail(place);
  const many = (content: unknown) =>
    Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`k${String(index).padStart(2, '0')}`, content]));
  for (const content of [1, 2, 3]) await commitTogether(server, place, many(content));
  await commitTogether(server, place, { big: 'x'.repeat(20_000) });
  await commitTogether(server, place, { bigger: 'x'.repeat(200_000), big: undefined });
  await commitTogether(server, place, { end: null });
  await early.settle();
  const late = await newTails().tails.tail(place);
  const [kept, table] = [await readAll(early, 20_000), await readAll(late, 20_000)];
  for (const pages of [kept, table]) {
    for (const [index, page] of pages.entries())
      expect(page.at(-1)?.revision).not.toBe(pages[index + 1]?.[0]?.revision);
  }
  expect(table.flat()).toEqual(kept.flat());
  expect(toldOf(table.flat())?.slice(180)).toEqual(['4 big@1', '5 big@2', '5 bigger@1', '6 end@1']);
  // A row counts 256 bytes: 60 of them are a page that takes one more revision, and what is long ends one.
  expect(table.map((page) => page.length)).toEqual([120, 61, 3]);
  const [, , [deleted, bigger, end] = []] = table;
  expect(deleted).toMatchObject({ operation: 'delete', content: null, content_omitted: false });
  expect(bigger).toMatchObject({ content: null, content_omitted: true });
  expect(end).toMatchObject({ content: null, content_omitted: false, operation: 'create' });
});

test('a page is bounded although its contents are small on disk', async () => {
  const place = await newPlace();
  for (let made = 0; made < 12; made += 1) await commitTogether(server, place, { [`k${made}`]: 'x'.repeat(30_000) });
  const late = await newTails().tails.tail(place);
  const pages = await readAll(late, 65_536);
  expect(pages.map((page) => page.length)).toEqual([3, 3, 3, 3]);
});

test('a tail that is a thousand revisions behind begins at the end, and its watchers read the table', async () => {
  const place = await newPlace();
  const { tails } = newTails();
  const tail = await tails.tail(place);
  await sql`
    insert into configs (project_id, key, tenant_id, version, revision, content, content_sha256, write_id, updated_by,
      created_at, updated_at)
    select ${place.project_id}, 'k', ${place.tenant_id}, 1500, 1500, '1', repeat('0', 64), 'w', '{}', now(), now()`.execute(
    server.app.deps.db,
  );
  await sql`
    insert into config_revisions
      (tenant_id, project_id, config_key, version, revision, operation, content, content_sha256, write_id, author, since, created_at)
    select ${place.tenant_id}, ${place.project_id}, 'k', n, n, 'update', '1', repeat('0', 64), 'w', '{}', now(), now()
    from generate_series(1, 1500) as n`.execute(server.app.deps.db);
  await sql`
    insert into config_heads (project_id, tenant_id, revision, keys, bytes)
    values (${place.project_id}, ${place.tenant_id}, 1500, 1, 1)`.execute(server.app.deps.db);
  await tail.settle();
  expect(tail.latest()).toBe(1_500);
  const revisions = (await readAll(tail, 65_536)).flat().map(({ revision }) => revision);
  expect(revisions).toEqual(Array.from({ length: 1_500 }, (_, index) => index + 1));
});

test('changes after a revision of which some are gone are not told', async () => {
  const place = await newPlace();
  for (const content of [1, 2, 3, 4]) await commitTogether(server, place, { a: content });
  await server.app.deps.db.transaction().execute(async (tx) => {
    await sql`select set_config('app.retention', 'on', true)`.execute(tx);
    await tx
      .deleteFrom('config_revisions')
      .where('project_id', '=', place.project_id)
      .where('revision', '=', 2)
      .execute();
  });
  const { tails } = newTails();
  const tail = await tails.tail(place);
  expect(await tail.changesAfter(0, 100_000)).toBeUndefined();
  expect(await tail.changesAfter(1, 100_000)).toBeUndefined();
  expect(toldOf(await tail.changesAfter(2, 100_000))).toEqual(['3 a@3', '4 a@4']);
});

test('after another epoch, or a head that went back, the tail begins anew and knows nothing of before', async () => {
  const place = await newPlace();
  const { tails } = newTails();
  const tail = await tails.tail(place);
  const { db } = server.app.deps;
  for (const content of [1, 2]) await commitTogether(server, place, { a: content });
  await tail.settle();
  const { epoch } = tail;
  onTestFinished(async () => void (await sql`update config_store set epoch = ${epoch}`.execute(db)));
  await sql`update config_store set epoch = 'another'`.execute(db);
  let news = 0;
  tail.onNews(() => {
    news += 1;
  });
  await tail.settle();
  expect([tail.epoch, tail.latest(), news]).toEqual(['another', 2, 1]);
  await db.updateTable('config_heads').set({ revision: 1 }).where('project_id', '=', place.project_id).execute();
  await tail.settle();
  expect(tail.latest()).toBeLessThanOrEqual(2);
  await sql`update config_store set kind = 'etcd'`.execute(db);
  onTestFinished(async () => void (await sql`update config_store set kind = 'postgres'`.execute(db)));
  await expect(tail.settle()).rejects.toMatchObject({ definition: { code: 'unavailable' } });
});
