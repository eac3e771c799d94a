/**
 * The contract of the stores of configurations, as tests that run on each of them. `describeStore` is for what every store
 * does; `describePages` and `describeTail` are for its pages and its tail.
 */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsAbout } from '../../../../test/support/events.ts';
import { newProject, newTenant, type TestServer } from '../../../../test/support/server.ts';
import { tokenActor } from '../../../kernel/actor.ts';
import { type ActorContext, noRequest } from '../../../kernel/context.ts';
import { grants } from '../../../modules.ts';
import { canonicalOf } from '../canonical.ts';
import { BYTES_MAX, KEYS_MAX } from '../schema.ts';
import type { Change, Outcome, Place, StoredConfig } from './port.ts';

/** A store as a test has it: behind a running server whose `configStore` it is. */
export interface StoreUnderTest {
  readonly server: TestServer;
  /** Resolves when all that was answered is in the database: values, revisions, audit rows and events. */
  settled(): Promise<void>;
  /** Makes the store count so many keys and bytes in the project, which has none. */
  fill(place: Place, counts: { readonly keys: number; readonly bytes: number }): Promise<void>;
  close(): Promise<void>;
}

/** The writers that meet each other. */
const WRITERS = 64;

/** What a test does with a store. */
interface Hands {
  ctx(): ActorContext;
  place(): Promise<Place>;
  find(place: Place, key: string): Promise<StoredConfig | undefined>;
  commit(place: Place, changes: readonly Change[], writeId?: string): Promise<Outcome>;
  /** Commits the contents, each from what is there now; undefined deletes. Throws when it is a conflict. */
  set(place: Place, contents: Readonly<Record<string, unknown>>): Promise<readonly StoredConfig[]>;
}

function handsOn(it: () => StoreUnderTest): Hands {
  const ctx = (): ActorContext => {
    const { deps } = it().server.app;
    const actor = tokenActor(grants, 'operator');
    return {
      ...deps,
      ...noRequest,
      db: deps.db,
      root: deps.db,
      actor,
      requestId: 'contract',
      answerHeaders: new Map(),
    };
  };
  const find: Hands['find'] = async (place, key) => (await ctx().configStore.find(ctx(), place, key)).config;
  const commit: Hands['commit'] = (place, changes, write_id = randomUUID()) =>
    ctx().configStore.commit(ctx(), place, { changes, write_id });
  return {
    ctx,
    find,
    commit,
    async place() {
      const { id: tenant_id } = await newTenant(it().server);
      return { tenant_id, project_id: (await newProject(it().server, tenant_id)).id };
    },
    async set(place, contents) {
      const changes: Change[] = [];
      for (const [key, content] of Object.entries(contents))
        changes.push(changeOf(await find(place, key), key, content));
      const result = await commit(place, changes);
      if (result.outcome === 'conflict') throw new Error(`a conflict over ${result.key}`);
      return result.configs;
    },
  };
}

/** The change of the key to the content; undefined deletes. */
function changeOf(base: StoredConfig | undefined, key: string, content: unknown): Change {
  const isNew = base === undefined || base.deleted;
  const given =
    content === undefined
      ? ({ operation: 'delete', content: null, content_sha256: null } as const)
      : ({ operation: isNew ? 'create' : 'update', content, content_sha256: canonicalOf(content).sha256 } as const);
  const rest = { schema_id: null, schema_version: null, source_version: null, reason: null, ignored_readers: [] };
  return { key, base, ...given, ...rest };
}

/** Starts the store before the tests of the block, and closes it after them. */
function started(make: () => Promise<StoreUnderTest>): () => StoreUnderTest {
  let made: StoreUnderTest | undefined;
  beforeAll(async () => {
    made = await make();
  });
  afterAll(() => made?.close());
  return () => {
    if (made === undefined) throw new Error('the store starts before the first test, and not earlier');
    return made;
  };
}

/** Everything that the database keeps of what happened to a key, as versions in their order. */
async function versionsKept({ server }: StoreUnderTest, { project_id }: Place, key: string) {
  const { db } = server.app.deps;
  const revisions = await db
    .selectFrom('config_revisions')
    .select('version')
    .where('project_id', '=', project_id)
    .where('config_key', '=', key)
    .orderBy('version')
    .execute();
  const audit = await db
    .selectFrom('audit_log')
    .select('metadata')
    .where('target_id', '=', `${project_id}/${key}`)
    .where('target_type', '=', 'config')
    .execute();
  const events = await eventsAbout(server, `${project_id}/${key}`);
  const versionIn = (payload: unknown) => (payload as { version: number }).version; // what the events of configurations carry
  const ordered = (versions: number[]) => versions.sort((a, b) => a - b);
  return {
    revisions: revisions.map(({ version }) => version),
    audit: ordered(audit.map(({ metadata }) => versionIn(metadata))),
    events: ordered(events.map(({ payload }) => versionIn(payload))),
  };
}

const upTo = (version: number) => Array.from({ length: version }, (_, index) => index + 1);

/** Describes what every store does. */
export function describeStore(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`the store of configurations in ${name}`, () => {
    const it = started(make);
    const hands = handsOn(it);
    describeVersions(hands);
    describeCommits(it, hands);
    describeWriters(it, hands);
    describeContents(hands);
    describeRefusals(it, hands);
    describeRecords(it, hands);
  });
}

function describeVersions({ place, find, set, ctx }: Hands): void {
  // proves B8, B15, B16, B33
  test('versions count the writes of a key, a deletion too, and go on after it', async () => {
    const where = await place();
    expect(await find(where, 'limits')).toBeUndefined();
    const [first] = await set(where, { limits: { a: 1 } });
    expect(first).toMatchObject({ version: 1, deleted: false, content: { a: 1 }, key: 'limits', ...where });
    const [second] = await set(where, { limits: { a: 2 } });
    expect(second).toMatchObject({ version: 2, created_at: first?.created_at });
    const [deleted] = await set(where, { limits: undefined });
    expect(deleted).toMatchObject({ version: 3, deleted: true, content: null, content_sha256: null });
    expect(await find(where, 'limits')).toEqual(deleted);
    const [again] = await set(where, { limits: null });
    expect(again).toMatchObject({ version: 4, deleted: false, content: null });
    expect(Date.parse(again?.created_at ?? '')).toBeGreaterThanOrEqual(Date.parse(deleted?.updated_at ?? ''));
    expect(await find(where, 'limits')).toEqual(again);
  });

  test('one commit has one revision, a later one a greater revision, and the head is the last one', async () => {
    const where = await place();
    const { configStore } = ctx();
    expect((await configStore.head(ctx(), where)).revision).toBe(0);
    let last = 0;
    for (const contents of [{ a: 1, b: 1, c: 1 }, { b: 2 }, { a: undefined, c: 3 }]) {
      const configs = await set(where, contents);
      const revisions = new Set(configs.map(({ revision }) => revision));
      expect(revisions.size).toBe(1);
      const [revision = 0] = revisions;
      expect(revision).toBeGreaterThan(last);
      last = revision;
      expect((await configStore.head(ctx(), where)).revision).toBeGreaterThanOrEqual(last);
    }
  });

  test('projects do not see each other', async () => {
    const [one, other] = [await place(), await place()];
    await set(one, { limits: 1 });
    expect(await find(other, 'limits')).toBeUndefined();
    await set(other, { limits: 2 });
    expect(await find(one, 'limits')).toMatchObject({ version: 1, content: 1 });
  });
}

function describeCommits(it: () => StoreUnderTest, { place, find, set, commit, ctx }: Hands): void {
  // proves B17, B18
  test('a commit from a base that is not current any more writes nothing, and names the key', async () => {
    const where = await place();
    await set(where, { a: 1, b: 1 });
    const [a, b] = [await find(where, 'a'), await find(where, 'b')];
    await set(where, { b: 2 });
    const now = await find(where, 'b');
    const late = [changeOf(a, 'a', 10), changeOf(b, 'b', 10), changeOf(undefined, 'c', 10)];
    expect(await commit(where, late)).toEqual({ outcome: 'conflict', key: 'b' });
    expect([await find(where, 'a'), await find(where, 'b'), await find(where, 'c')]).toEqual([a, now, undefined]);
    await it().settled();
    for (const [key, version] of [
      ['a', 1],
      ['b', 2],
      ['c', 0],
    ] as const) {
      const versions = upTo(version);
      expect(await versionsKept(it(), where, key)).toEqual({ revisions: versions, audit: versions, events: versions });
    }
  });

  test('a key that was never written is a base too: it is created once, and a tombstone is no absence', async () => {
    const where = await place();
    expect(await commit(where, [changeOf(undefined, 'a', 1)])).toMatchObject({ outcome: 'committed' });
    expect(await commit(where, [changeOf(undefined, 'a', 2)])).toEqual({ outcome: 'conflict', key: 'a' });
    await set(where, { a: undefined });
    expect(await commit(where, [changeOf(undefined, 'a', 3)])).toEqual({ outcome: 'conflict', key: 'a' });
    expect(await find(where, 'a')).toMatchObject({ version: 2, deleted: true });
  });

  test('sixty changes are made together or not at all', async () => {
    const where = await place();
    const keys = Array.from({ length: 60 }, (_, index) => `k${index}`);
    const all = keys.map((key) => changeOf(undefined, key, { key }));
    const result = await commit(where, all, 'sixty');
    expect(result).toMatchObject({ outcome: 'committed' });
    const configs = result.outcome === 'committed' ? result.configs : [];
    expect(configs.map(({ key }) => key)).toEqual(keys);
    expect(new Set(configs.map(({ revision }) => revision)).size).toBe(1);
    await set(where, { k59: 'another' });
    const stale = configs.map((base) => changeOf(base, base.key, 'late'));
    expect(await commit(where, stale)).toEqual({ outcome: 'conflict', key: 'k59' });
    for (const key of ['k0', 'k30', 'k58'])
      expect(await find(where, key)).toMatchObject({ version: 1, content: { key } });
  });

  test('of two commits of overlapping keys from one state, one is made and the other leaves nothing', async () => {
    const where = await place();
    await set(where, { a: 0, b: 0, c: 0 });
    for (const round of upTo(8)) {
      const bases = await Promise.all(['a', 'b', 'c'].map((key) => find(where, key)));
      const changed = (keys: readonly number[], by: string) =>
        keys.map((index) => changeOf(bases[index], 'abc'[index] ?? '', `${by}${round}`));
      const results = await Promise.all([commit(where, changed([0, 1], 'x')), commit(where, changed([1, 0, 2], 'y'))]);
      expect(results.map(({ outcome }) => outcome).sort()).toEqual(['committed', 'conflict']);
      const [a, b] = [await find(where, 'a'), await find(where, 'b')];
      expect([a?.version, b?.version, a?.content]).toEqual([round + 1, round + 1, b?.content]);
      expect(a?.revision).toBe(b?.revision);
    }
  });

  test('a value carries the name of the write that made it, and who wrote it', async () => {
    const where = await place();
    await commit(where, [changeOf(undefined, 'a', 1)], 'mine');
    const { type, id, name } = ctx().actor;
    expect(await find(where, 'a')).toMatchObject({ write_id: 'mine', updated_by: { type, id, name } });
  });
}

function describeWriters(it: () => StoreUnderTest, { place, find }: Hands): void {
  const pathOf = ({ project_id }: Place) => `/v1/projects/${project_id}/configs/contended`;

  // proves B8, B16, B17, B18
  test(`of ${WRITERS} writers of one version, one succeeds, and the others are told of a version that was there`, async () => {
    const where = await place();
    const { server } = it();
    await server.call(`PUT ${pathOf(where)}`, { body: { content: 'first', expected_version: 0 } });
    const answers = await Promise.all(
      upTo(WRITERS).map((content) => server.call(`PUT ${pathOf(where)}`, { body: { content, expected_version: 1 } })),
    );
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    for (const { status, body } of answers.filter((answer) => answer.status !== 200))
      expect([status, body.code, body.current_version]).toEqual([409, 'version_conflict', 2]);
    expect(await find(where, 'contended')).toMatchObject({ version: 2, content: won[0]?.body.content });
  });

  test(`${WRITERS} writers that take any version make as many versions as they succeed, each with its own number`, async () => {
    const where = await place();
    const { server } = it();
    await server.call(`PUT ${pathOf(where)}`, { body: { content: 'first', expected_version: 0 } });
    const headers = { 'if-match': '*' };
    const answers = await Promise.all(
      upTo(WRITERS).map((content) => server.call(`PUT ${pathOf(where)}`, { body: { content }, headers })),
    );
    const won = answers.filter(({ status }) => status === 200);
    for (const { status, body } of answers.filter((answer) => answer.status !== 200))
      expect([status, body.code]).toEqual([409, 'version_conflict']);
    const versions = won.map(({ body }) => body.version as number).sort((a, b) => a - b);
    expect(versions).toEqual(upTo(won.length).map((version) => version + 1));
    expect((await find(where, 'contended'))?.version).toBe(won.length + 1);
    await it().settled();
    const kept = upTo(won.length + 1);
    expect(await versionsKept(it(), where, 'contended')).toEqual({ revisions: kept, audit: kept, events: kept });
  });
}

/** JSON as a caller can send it: no member is called `__proto__`, and no text has a NUL. */
const anyJson = fc
  .jsonValue({ maxDepth: 6, stringUnit: 'grapheme' })
  .filter((value) => !/__proto__|\\u0000/.test(JSON.stringify(value)));

const oddContents: readonly unknown[] = [
  null,
  false,
  true,
  0,
  -0,
  '',
  [],
  {},
  [null],
  { '': { '': null } },
  { a: { b: [[[]]] }, b: 1e300, c: 5e-324, d: 0.1, e: -1.5e-7, f: 2 ** 53 - 1 },
  '𝒳 e\u0301 \u2028 \\ " \u0001',
  { é: 1, 'e\u0301': 2, zz: 3, b: 4, aaa: 5 },
  'x'.repeat(262_000),
];

function describeContents({ place, find, set }: Hands): void {
  const comesBack = async (where: Place, contents: readonly unknown[]) => {
    const keyed = Object.fromEntries(contents.map((content, index) => [`k${index}`, content]));
    await set(where, keyed);
    for (const [key, content] of Object.entries(keyed)) {
      const found = await find(where, key);
      expect(found?.content).toEqual(JSON.parse(JSON.stringify(content)));
      expect(canonicalOf(found?.content).sha256).toBe(found?.content_sha256);
      expect(found?.content_sha256).toBe(canonicalOf(content).sha256);
    }
  };

  // proves B9
  test.each(oddContents.map((content) => [JSON.stringify(content).slice(0, 40), content]))(
    'a content comes back as it was written: %s',
    async (_, content) => comesBack(await place(), [content]),
  );

  test('any JSON comes back as it was written', async () => {
    const where = await place();
    const some = fc.array(anyJson, { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(some, (contents) => comesBack(where, contents)),
      { numRuns: 25 },
    );
  });
}

function describeRefusals(it: () => StoreUnderTest, { place, find, set, commit }: Hands): void {
  const refusedWith = async (where: Place, changes: readonly Change[], code: string) => {
    await expect(commit(where, changes)).rejects.toMatchObject({ definition: { code } });
  };

  test('a project has a bounded number of keys: the last place is taken, and no place after it', async () => {
    const where = await place();
    await it().fill(where, { keys: KEYS_MAX - 1, bytes: 0 });
    await set(where, { last: 1 });
    await refusedWith(where, [changeOf(undefined, 'more', 1)], 'config_quota_exceeded');
    expect(await find(where, 'more')).toBeUndefined();
    await set(where, { last: 2 });
    await set(where, { last: undefined });
    await refusedWith(where, [changeOf(undefined, 'more', 1)], 'config_quota_exceeded');
    await set(where, { last: 3 });
  });

  test('a project has a bounded number of bytes: what makes a content shorter is always taken', async () => {
    const where = await place();
    await it().fill(where, { keys: 1, bytes: BYTES_MAX - 1_000 });
    await set(where, { a: 'x'.repeat(900) });
    const base = await find(where, 'a');
    await refusedWith(where, [changeOf(base, 'a', 'x'.repeat(1_100))], 'config_quota_exceeded');
    await refusedWith(where, [changeOf(undefined, 'b', 'x'.repeat(200))], 'config_quota_exceeded');
    expect(await find(where, 'a')).toEqual(base);
    await set(where, { a: 'x'.repeat(500) });
    await set(where, { b: 'x'.repeat(200) });
    await set(where, { a: undefined });
    await set(where, { c: 'x'.repeat(600) });
  });

  test.each([
    ['an archived project', 'project_archived', ({ project_id }: Place) => [`projects/${project_id}/archive`]],
    ['a frozen tenant', 'tenant_frozen', ({ tenant_id }: Place) => [`tenants/${tenant_id}/cancel`]],
    [
      'an archived tenant',
      'tenant_archived',
      ({ tenant_id }: Place) => [`tenants/${tenant_id}/cancel`, `tenants/${tenant_id}/archive`],
    ],
  ] as const)('nothing is written in %s', async (_, code, steps) => {
    const where = await place();
    const [base] = await set(where, { a: 1 });
    for (const step of steps(where)) expect((await it().server.call(`POST /v1/${step}`)).status).toBe(200);
    await refusedWith(where, [changeOf(base, 'a', 2)], code);
    await refusedWith(where, [changeOf(undefined, 'b', 2)], code);
    expect(await find(where, 'a')).toEqual(base);
    await it().settled();
    expect(await versionsKept(it(), where, 'a')).toEqual({ revisions: [1], audit: [1], events: [1] });
  });

  test('nothing is written in a project that is not there', async () => {
    const { tenant_id } = await place();
    await refusedWith({ tenant_id, project_id: randomUUID() }, [changeOf(undefined, 'a', 1)], 'not_found');
  });
}

function describeRecords(it: () => StoreUnderTest, { place, find, commit }: Hands): void {
  const step = fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    content: fc.option(fc.integer(), { nil: undefined }),
    /** From a base of before. */
    late: fc.boolean(),
  });

  // proves B11, B12, B34
  test('whatever writers do, each version has one revision, one audit row and one event', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const where = await place();
        const before = new Map<string, StoredConfig | undefined>();
        await Promise.all(
          steps.map(async ({ key, content, late }) => {
            const base = late ? before.get(key) : await find(where, key);
            if (!late) before.set(key, base);
            if (content === undefined && (base === undefined || base.deleted)) return;
            await commit(where, [changeOf(base, key, content)]);
          }),
        );
        await it().settled();
        for (const key of ['a', 'b', 'c']) {
          const versions = upTo((await find(where, key))?.version ?? 0);
          const kept = await versionsKept(it(), where, key);
          expect(kept).toEqual({ revisions: versions, audit: versions, events: versions });
        }
      }),
      { numRuns: 8 },
    );
  });

  test('versions that the store has made are in the database or among the unrelayed ones, none missing', async () => {
    const where = await place();
    for (const version of upTo(5)) {
      await commit(where, [changeOf(await find(where, 'a'), 'a', version)]);
      // In this order: what is handed over meanwhile is in the database.
      const ctx = handsOn(it).ctx();
      const asked = { key: 'a', limit: 10, bytesMax: 1_048_576 };
      const waiting = (await ctx.configStore.listUnrelayed?.(ctx, where, asked))?.rows ?? [];
      const { revisions } = await versionsKept(it(), where, 'a');
      const known = new Set([...waiting.map((revision) => revision.version), ...revisions]);
      expect([...known].sort((a, b) => a - b)).toEqual(upTo(version));
    }
  });
}

/** Describes the pages of a store. */
export function describePages(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`pages of the store of configurations in ${name}`, () => {
    const it = started(make);
    const { place, set, ctx } = handsOn(it);
    const wide = { prefix: '', limit: 100, bytesMax: 1_048_576 };
    const keysOf = (rows: readonly StoredConfig[]) => rows.map(({ key }) => key);

    test('keys come in the order of their bytes, without deleted ones, from the prefix, and after a key', async () => {
      const where = await place();
      await set(where, { b: 1, B: 1, a: 1, 'a.b': 1, ab: 1, 'a-b': 1, a_b: 1, gone: 1 });
      await set(where, { gone: undefined });
      const { configStore } = ctx();
      const all = await configStore.page(ctx(), where, wide);
      expect(keysOf(all.rows)).toEqual(['B', 'a', 'a-b', 'a.b', 'a_b', 'ab', 'b']);
      expect(all.more).toBe(false);
      const prefixed = await configStore.page(ctx(), where, { ...wide, prefix: 'a', after: 'a-b', limit: 2 });
      expect([keysOf(prefixed.rows), prefixed.more]).toEqual([['a.b', 'a_b'], true]);
    });

    test('a page ends with the row that reaches its bytes, and has one row at least', async () => {
      const where = await place();
      await set(where, { a: 'x'.repeat(5_000), b: 'x'.repeat(5_000), c: 'x'.repeat(5_000) });
      const { configStore } = ctx();
      const one = await configStore.page(ctx(), where, { ...wide, bytesMax: 10 });
      expect([keysOf(one.rows), one.more]).toEqual([['a'], true]);
      const two = await configStore.page(ctx(), where, { ...wide, bytesMax: 8_000 });
      expect([keysOf(two.rows), two.more]).toEqual([['a', 'b'], true]);
    });

    // proves B21, B22
    test('pages of one state are of that state, whatever is written meanwhile', async () => {
      const where = await place();
      await set(where, { a: 1, b: 1, c: 1 });
      const { configStore } = ctx();
      const first = await configStore.page(ctx(), where, { ...wide, limit: 1 });
      await set(where, { a: 2, b: undefined, c: 2, d: 2 });
      const at = { epoch: first.epoch, revision: first.revision };
      const rest = await configStore.page(ctx(), where, { ...wide, after: 'a', at });
      expect(rest.rows.map(({ key, version, content }) => [key, version, content])).toEqual([
        ['b', 1, 1],
        ['c', 1, 1],
      ]);
      expect(keysOf((await configStore.page(ctx(), where, wide)).rows)).toEqual(['a', 'c', 'd']);
    });

    test('a state of another epoch is refused', async () => {
      const where = await place();
      const { configStore } = ctx();
      const at = { epoch: '000000000000', revision: 1 };
      const refused = configStore.page(ctx(), where, { ...wide, at });
      await expect(refused).rejects.toMatchObject({ definition: { code: 'invalid_cursor' } });
    });
  });
}

/** Describes the tail of a store. */
export function describeTail(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`the tail of the store of configurations in ${name}`, () => {
    const it = started(make);
    const { place, set, ctx } = handsOn(it);
    const WIDE = 1_048_576;

    // proves B21, B22
    test('all that was answered before a settling is in hand after it, in order, each change once', async () => {
      const where = await place();
      await set(where, { a: 0 });
      const tail = await ctx().configStore.tail(where);
      try {
        const start = tail.latest();
        let news = 0;
        const stop = tail.onNews(() => {
          news += 1;
        });
        for (const round of upTo(6)) await set(where, { a: round, [`k${round}`]: round });
        await tail.settle();
        const changes = (await tail.changesAfter(start, WIDE)) ?? [];
        const seen = changes.map(({ key, version, content }) => `${key}@${version}=${JSON.stringify(content)}`).sort();
        const expected = upTo(6)
          .flatMap((round) => [`a@${round + 1}=${round}`, `k${round}@1=${round}`])
          .sort();
        expect(seen).toEqual(expected);
        const revisions = changes.map(({ revision }) => revision);
        expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
        expect(tail.latest()).toBeGreaterThanOrEqual(revisions.at(-1) ?? 0);
        await expect.poll(() => news).toBeGreaterThan(0);
        stop();
      } finally {
        tail.release();
      }
    });

    test('changes come as whole revisions, one at least, however few bytes are asked for', async () => {
      const where = await place();
      const tail = await ctx().configStore.tail(where);
      try {
        const start = tail.latest();
        const big = 'x'.repeat(2_000);
        await set(where, { a: big, b: big, c: big });
        await set(where, { d: big });
        await tail.settle();
        const first = (await tail.changesAfter(start, 1)) ?? [];
        expect(first.map(({ key }) => key).sort()).toEqual(['a', 'b', 'c']);
        const next = (await tail.changesAfter(first.at(-1)?.revision ?? 0, 1)) ?? [];
        expect(next.map(({ key }) => key)).toEqual(['d']);
        expect(await tail.changesAfter(next.at(-1)?.revision ?? 0, 1)).toEqual([]);
      } finally {
        tail.release();
      }
    });

    test('a project hears nothing of another one', async () => {
      const [own, other] = [await place(), await place()];
      const tail = await ctx().configStore.tail(own);
      try {
        const start = tail.latest();
        await set(other, { a: 1 });
        await tail.settle();
        expect(await tail.changesAfter(start, WIDE)).toEqual([]);
      } finally {
        tail.release();
      }
    });
  });
}
