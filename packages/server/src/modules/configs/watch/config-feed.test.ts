// engine: none
/** The feed over a store that a test holds in its hands: answers come late, out of order, or not at all. */
import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { EndReason, FeedReader } from '../../../kernel/feed.ts';
import { createGate } from '../../../kernel/gate.ts';
import { cursorOf } from '../cursor.ts';
import type { ProjectTail, TailedChange } from '../store/port.ts';
import { type ConfigFeedOptions, createConfigFeed, type WatchRequest } from './config-feed.ts';
import { watchersGate } from './refusal.ts';
import { type Told, textOf } from './told.ts';

const place = { tenant_id: randomUUID(), project_id: randomUUID() };
const at = (epoch: string, revision: number) => cursorOf(place, { epoch, revision });

function changeAt(revision: number, fields: Partial<TailedChange> = {}): TailedChange {
  return {
    ...place,
    key: 'k',
    version: revision,
    revision,
    operation: 'update',
    source_version: null,
    schema_id: null,
    schema_version: null,
    content: revision,
    content_sha256: '0'.repeat(64),
    author: { type: 'operator', id: 'o', name: 'o' },
    reason: null,
    created_at: '2026-01-15T09:30:00.000Z',
    ...fields,
  };
}

/** A store with one project. What was answered to writers, and what is in hand here, are two things. */
function newStore() {
  const state = {
    epoch: 'e',
    answered: [] as TailedChange[],
    inHand: 0,
    gone: 0,
    settles: [] as { readonly until: number; readonly asked: PromiseWithResolvers<void> }[],
    /** Absent: each question is answered at once. */
    holds: false,
    pages: [] as number[],
    shares: 0,
  };
  const news = new Set<() => void>();
  const latestOf = () => state.answered.at(-1)?.revision ?? 0;
  const receive = (revision = latestOf()) => {
    state.inHand = Math.max(state.inHand, revision);
    for (const each of news) each();
  };
  const tail = (): ProjectTail => ({
    get epoch() {
      return state.epoch;
    },
    latest: () => state.inHand,
    async settle() {
      const until = latestOf();
      if (state.holds) {
        const asked = Promise.withResolvers<void>();
        state.settles.push({ until, asked });
        await asked.promise;
      }
      receive(until);
    },
    async changesAfter(revision, bytesMax) {
      await new Promise(setImmediate);
      if (revision < state.gone || revision > state.inHand) return undefined;
      const page: TailedChange[] = [];
      let bytes = 0;
      for (const change of state.answered) {
        if (change.revision <= revision || change.revision > state.inHand) continue;
        if (bytes >= bytesMax && change.revision !== page.at(-1)?.revision) break;
        page.push(change);
        bytes += JSON.stringify(change.content).length;
      }
      state.pages.push(bytes);
      return page;
    },
    onNews(listener) {
      news.add(listener);
      return () => news.delete(listener);
    },
    release() {
      state.shares -= 1;
    },
  });
  return {
    state,
    news,
    receive,
    latestOf,
    /** Answers a writer. */
    answer(...changes: TailedChange[]) {
      state.answered.push(...changes);
    },
    tail: async () => {
      state.shares += 1;
      return tail();
    },
  };
}

/** A feed whose time and store the test moves. */
function newFeed(options: Partial<ConfigFeedOptions> = {}) {
  const store = newStore();
  const beats = new Set<() => void>();
  const later: (() => void)[] = [];
  const ends: EndReason[] = [];
  const warnings: unknown[] = [];
  const changed = new Set<(tenantIds: readonly string[] | null) => void>();
  const state = { nowMs: 1_000.5, held: true };
  const feed = createConfigFeed({
    store,
    gate: createGate(watchersGate),
    leases: {
      held: () => state.held,
      onChange(listener) {
        changed.add(listener);
        return () => changed.delete(listener);
      },
    },
    logger: { error: (it: unknown) => void warnings.push(it), warn: (it: unknown) => void warnings.push(it) },
    onEnd: (reason) => ends.push(reason),
    timing: {
      now: () => state.nowMs,
      every(_, run) {
        beats.add(run);
        return () => beats.delete(run);
      },
      after(_, run) {
        later.push(run);
        return () => {};
      },
    },
    ...options,
  });
  onTestFinished(() => feed.close());
  return {
    feed,
    store,
    beats,
    ends,
    later,
    warnings,
    state,
    changed: (tenantIds: readonly string[] | null) => {
      for (const each of changed) each(tenantIds);
    },
    /** Lets time pass, and the heart beat once at its end. */
    async pass(ms: number) {
      state.nowMs += ms;
      for (const run of beats) run();
      await settled();
    },
  };
}

/** Lets all work end that waits for no one. */
async function settled() {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

function asking(request: Partial<WatchRequest> = {}): WatchRequest {
  return {
    place,
    prefix: '',
    after: null,
    tenantId: place.tenant_id,
    mayHear: async () => true,
    cut: new AbortController(),
    signal: new AbortController().signal,
    ...request,
  };
}

/** Reads all that is told, as long as it lasts. */
function reading(reader: FeedReader<Told>) {
  const told: Told[] = [];
  const over = (async () => {
    for (;;) {
      const { value, done } = await reader.next();
      if (done) return;
      told.push(...value);
    }
  })();
  return { told, over, kinds: () => told.map(({ kind }) => kind) };
}

const revisionsOf = (told: readonly Told[]) =>
  told.flatMap((each) => (each.kind === 'change' ? each.change.revision : []));
const aliveOf = (told: readonly Told[]) => told.filter((each) => each.kind === 'alive');

test('one question about a project serves all its watchers, and each hears how long it has listened', async () => {
  const { feed, store, pass, state } = newFeed();
  const first = reading(await feed.open(asking()));
  state.nowMs += 250.75;
  const second = reading(await feed.open(asking()));
  await settled();
  store.state.holds = true;
  await pass(1_000);
  expect(store.state.settles).toHaveLength(1);
  store.state.settles[0]?.asked.resolve();
  await settled();
  const last = [first, second].map(({ told }) => aliveOf(told).at(-1));
  expect(last).toMatchObject([{ elapsedMs: 1_250 }, { elapsedMs: 1_000 }]);
});

test('the moment of alive is the one before the store was asked, however late the answer comes', async () => {
  const { feed, store, pass, state } = newFeed();
  const { told } = reading(await feed.open(asking()));
  await settled();
  store.state.holds = true;
  await pass(1_000);
  // Answered after the question: it need not be told before.
  store.answer(changeAt(1));
  state.nowMs += 900;
  store.state.settles[0]?.asked.resolve();
  await settled();
  expect(aliveOf(told).at(-1)).toMatchObject({ elapsedMs: 1_000 });
  expect(revisionsOf(told)).toEqual([]);
  await pass(100);
  store.state.settles[1]?.asked.resolve();
  await settled();
  expect(told.slice(-2)).toMatchObject([{ kind: 'change' }, { kind: 'alive', elapsedMs: 2_000 }]);
});

// proves B22
test('alive is never told before a change that was answered until then, whatever order and time answers have', async () => {
  const random = randomOf(12);
  for (let round = 0; round < 60; round += 1) {
    const { feed, store, beats, state } = newFeed();
    const startedAt = state.nowMs;
    /** When each revision was answered. */
    const answeredAt: number[] = [startedAt];
    const reader = await feed.open(asking({ prefix: round % 3 === 0 ? 'k' : '' }));
    const told: Told[] = [];
    let isReading = false;
    store.state.holds = true;
    const read = () => {
      if (isReading) return;
      isReading = true;
      void reader.next().then(({ value }) => {
        isReading = false;
        told.push(...(value ?? []));
      });
    };
    const isWanted = (revision: number) => round % 3 !== 0 || keyAt(revision).startsWith('k');
    const keyAt = (revision: number) => (revision % 4 === 0 ? 'other' : 'k');
    for (let step = 0; step < 80; step += 1) {
      state.nowMs += random() * 300;
      const choice = random();
      if (choice < 0.3) {
        const revision = store.latestOf() + 1;
        answeredAt.push(state.nowMs);
        const pad = 'x'.repeat(random() < 0.2 ? 40_000 : 10);
        store.answer(changeAt(revision, { key: keyAt(revision), content: pad }));
      } else if (choice < 0.4) store.receive(Math.ceil(random() * store.latestOf()));
      else if (choice < 0.6) for (const run of beats) run();
      else if (choice < 0.75) {
        const waiting = store.state.settles.splice(Math.floor(random() * store.state.settles.length), 1);
        for (const { asked } of waiting) {
          if (random() < 0.8) asked.resolve();
          else asked.reject(new Error('not now'));
        }
      } else read();
      if (random() < 0.7) await settled();
    }
    for (const { asked } of store.state.settles.splice(0)) asked.resolve();
    store.state.holds = false;
    for (let more = 0; more < 400 && revisionsOf(told).length < answeredAt.length - 1; more += 1) {
      state.nowMs += 10;
      if (more % 5 === 0) for (const run of beats) run();
      read();
      await settled();
      if (round % 3 === 0 && aliveOf(told).length > 0 && more > 200) break;
    }
    const expected = answeredAt.flatMap((_, revision) => (revision > 0 && isWanted(revision) ? revision : []));
    expect(revisionsOf(told), `round ${round}`).toEqual(expected);
    expect(aliveOf(told).length, `round ${round}`).toBeGreaterThan(0);
    const before = new Set<number>();
    for (const each of told) {
      if (each.kind === 'change') before.add(each.change.revision);
      if (each.kind !== 'alive') continue;
      const wasAnswered = (revision: number) => (answeredAt[revision] ?? 0) < startedAt + each.elapsedMs;
      expect(expected.filter((revision) => wasAnswered(revision) && !before.has(revision))).toEqual([]);
    }
    await reader.return?.();
  }
});

test('a store that cannot be asked, or does not answer for two seconds, is down, and alive when it answers again', async () => {
  const { feed, store, pass, warnings } = newFeed();
  const { told, kinds } = reading(await feed.open(asking()));
  await settled();
  expect(kinds()).toEqual(['open', 'alive']);
  store.state.holds = true;
  await pass(1_000);
  store.state.settles[0]?.asked.reject(new Error('the store is away'));
  await settled();
  expect(kinds()).toEqual(['open', 'alive', 'down']);
  await pass(1_000);
  await pass(1_000);
  expect(kinds()).toEqual(['open', 'alive', 'down']);
  await pass(1_000);
  expect(kinds()).toEqual(['open', 'alive', 'down', 'down']);
  expect(store.state.settles).toHaveLength(2);
  store.answer(changeAt(1));
  store.state.settles[1]?.asked.resolve();
  store.state.holds = false;
  await settled();
  await pass(1_000);
  expect(kinds().slice(4)).toEqual(['alive', 'change', 'alive']);
  expect(aliveOf(told).map((each) => each.kind === 'alive' && each.elapsedMs)).toEqual([0, 2_000, 5_000]);
  expect(warnings).toHaveLength(1);
});

test('a store that cannot be asked at the beginning refuses the watcher, and gives its place and its share back', async () => {
  const gate = createGate(watchersGate);
  const { feed, store } = newFeed({ gate });
  store.state.holds = true;
  const opening = feed.open(asking());
  opening.catch(() => {});
  await settled();
  store.state.settles[0]?.asked.reject(new Error('the store is away'));
  await expect(opening).rejects.toThrow('the store is away');
  expect([gate.load().running, feed.listening(), store.state.shares]).toEqual([0, 0, 0]);
});

test('a watcher that was let in while the feed was closed is refused, and its share is given back', async () => {
  const gate = createGate(watchersGate);
  const { feed, store } = newFeed({ gate });
  store.state.holds = true;
  const opening = feed.open(asking());
  opening.catch(() => {});
  await settled();
  feed.close();
  store.state.settles[0]?.asked.resolve();
  await expect(opening).rejects.toMatchObject({ definition: { code: 'overloaded' } });
  expect([gate.load().running, feed.listening(), store.state.shares, store.news.size]).toEqual([0, 0, 0, 0]);
});

test('a reader that leaves while it waits is noticed at once', async () => {
  const gate = createGate({ ...watchersGate, tenantPlacesMax: 1 });
  const { feed, store, ends } = newFeed({ gate });
  const leaving = new AbortController();
  const { told, over } = reading(await feed.open(asking({ signal: leaving.signal })));
  await settled();
  await expect(feed.open(asking())).rejects.toMatchObject({ definition: { code: 'too_many_listeners' } });
  leaving.abort();
  await over;
  expect([gate.load().running, feed.listening(), store.state.shares, store.news.size]).toEqual([0, 0, 0, 0]);
  expect([told.at(-1)?.kind, ends]).toEqual(['alive', []]);
});

test('when all places are taken, the refusal does not blame the tenant', async () => {
  const { feed } = newFeed({ gate: createGate({ ...watchersGate, places: 0 }) });
  await expect(feed.open(asking({ tenantId: null }))).rejects.toMatchObject({ definition: { code: 'overloaded' } });
});

test('what is gone from the store is a reset, and so is another epoch; then the stream goes on', async () => {
  const { feed, store, pass } = newFeed();
  store.answer(changeAt(1), changeAt(2), changeAt(3));
  store.state.gone = 2;
  const old = reading(await feed.open(asking({ after: at('e', 1) })));
  const recent = reading(await feed.open(asking({ after: at('e', 2) })));
  await settled();
  expect(old.told.slice(1)).toMatchObject([{ kind: 'reset', id: at('e', 3) }]);
  expect(revisionsOf(recent.told)).toEqual([3]);
  await pass(1_000);
  expect(old.kinds().at(-1)).toBe('alive');
  store.state.epoch = 'f';
  store.answer(changeAt(4));
  store.receive();
  await settled();
  for (const { told } of [old, recent]) expect(told.at(-1)).toEqual({ kind: 'reset', id: at('f', 4) });
  store.answer(changeAt(5));
  store.receive();
  await settled();
  for (const { told } of [old, recent]) expect(told.at(-1)).toMatchObject({ kind: 'change', id: at('f', 5) });
});

test('a watcher that asks for nothing costs one page, stands still for 30 seconds, and is ended as slow', async () => {
  const { feed, store, pass, ends, later } = newFeed();
  const request = asking();
  const slow = await feed.open(request);
  const quick = reading(await feed.open(asking()));
  await settled();
  await slow.next();
  store.state.pages.length = 0;
  const content = 'x'.repeat(30_000);
  for (let revision = 1; revision <= 200; revision += 1) store.answer(changeAt(revision, { content }));
  store.receive();
  for (let second = 0; second < 29; second += 1) await pass(1_000);
  expect(revisionsOf(quick.told)).toHaveLength(200);
  // All pages are those of the quick one: three changes make 64 KiB.
  expect(store.state.pages).toHaveLength(67);
  expect(Math.max(...store.state.pages)).toBeLessThan(65_536 + 30_010);
  expect(ends).toEqual([]);
  await pass(1_000);
  expect(ends).toEqual(['slow']);
  expect((await slow.next()).value).toEqual([{ kind: 'bye', reason: 'slow' }]);
  expect((await slow.next()).done).toBe(true);
  for (const run of later) run();
  expect(request.cut.signal.aborted).toBe(true);
});

test('a reader that takes one page after the other is never handed more than a page and its last revision', async () => {
  const { feed, store } = newFeed();
  const content = 'x'.repeat(10_000);
  for (let revision = 1; revision <= 300; revision += 1) store.answer(changeAt(revision, { content }));
  const reader = await feed.open(asking({ after: at('e', 0) }));
  const told: Told[] = [];
  let longest = 0;
  while (revisionsOf(told).length < 300) {
    const { value } = await reader.next();
    longest = Math.max(longest, (value ?? []).map(textOf).join('').length);
    told.push(...(value ?? []));
  }
  expect(longest).toBeLessThan(65_536 + 2 * 10_500);
  expect(revisionsOf(told)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
});

test('the text of a change is made once for all watchers', async () => {
  const { feed, store } = newFeed();
  const readers = await Promise.all(Array.from({ length: 5 }, () => feed.open(asking())));
  let made = 0;
  const content = {
    toJSON() {
      made += 1;
      return { a: 1 };
    },
  };
  store.answer(changeAt(1, { content }));
  store.receive();
  const texts = await Promise.all(
    readers.map(async (reader) => {
      const { told } = reading(reader);
      await settled();
      // Once for the page of this store.
      return told.map(textOf).join('');
    }),
  );
  const pages = store.state.pages.length;
  expect(new Set(texts).size).toBe(1);
  expect(texts[0]).toContain('"content":{"a":1}');
  // Its length is measured once, and it is written once.
  expect(made - pages).toBe(2);
});

test('a stream ends after five minutes and says so; a closed feed refuses watchers and has given everything back', async () => {
  const { feed, store, pass, beats } = newFeed();
  const first = reading(await feed.open(asking()));
  for (let second = 0; second < 300; second += 1) await pass(1_000);
  await first.over;
  expect(first.told.at(-1)).toEqual({ kind: 'bye', reason: 'life' });
  const second = reading(await feed.open(asking()));
  feed.close();
  await second.over;
  expect(second.told.at(-1)).toEqual({ kind: 'bye', reason: 'closing' });
  await expect(feed.open(asking())).rejects.toMatchObject({ definition: { code: 'overloaded' } });
  expect([feed.listening(), beats.size, store.news.size, store.state.shares]).toEqual([0, 0, 0, 0]);
});

test('when the authority of the tenant changes nothing more is told, and the stream ends with the reason', async () => {
  const { feed, store, changed } = newFeed();
  const asked: PromiseWithResolvers<boolean>[] = [];
  const mayHear = () => {
    const answer = Promise.withResolvers<boolean>();
    asked.push(answer);
    return answer.promise;
  };
  const own = { tenantId: randomUUID(), mayHear };
  const ended = reading(await feed.open(asking(own)));
  const resumes = reading(await feed.open(asking(own)));
  const unknown = reading(await feed.open(asking(own)));
  const other = reading(await feed.open(asking({ tenantId: null })));
  // Nothing is told before it is known that the credential is still good.
  store.answer(changeAt(1));
  store.receive();
  await settled();
  expect([ended.kinds(), revisionsOf(other.told)]).toEqual([['open'], [1]]);
  for (const answer of asked.splice(0)) answer.resolve(true);
  await settled();
  expect(revisionsOf(ended.told)).toEqual([1]);
  changed([own.tenantId]);
  store.answer(changeAt(2));
  store.receive();
  await settled();
  expect(revisionsOf(ended.told)).toEqual([1]);
  asked[0]?.resolve(false);
  asked[1]?.resolve(true);
  asked[2]?.reject(new Error('not known now'));
  await Promise.all([ended.over, resumes.over, unknown.over]);
  const reasons = [ended, resumes, unknown].map(({ told }) => told.at(-1));
  expect(reasons).toMatchObject([{ reason: 'credential' }, { reason: 'authority' }, { reason: 'authority' }]);
  expect([revisionsOf(other.told), feed.listening()]).toEqual([[1, 2], 1]);
  changed([place.tenant_id]);
  await other.over;
});

test('the credential is looked at every 15 seconds, soon after everything may have changed, and more often without a lease', async () => {
  const { feed, changed, pass, state } = newFeed();
  let asked = 0;
  let answer: () => Promise<boolean> = async () => true;
  const mayHear = () => {
    asked += 1;
    return answer();
  };
  const { told, over } = reading(await feed.open(asking({ mayHear })));
  await settled();
  expect(asked).toBe(1);
  for (let second = 0; second < 14; second += 1) await pass(1_000);
  expect(asked).toBe(1);
  await pass(1_000);
  expect(asked).toBe(2);
  changed(null);
  await pass(1_000);
  expect(asked).toBe(3);
  state.held = false;
  changed(null);
  for (let second = 0; second < 10; second += 1) await pass(1_000);
  expect(asked).toBe(5);
  state.held = true;
  await pass(1_000);
  expect(asked).toBe(6);
  // What cannot be known is asked again at the next beat.
  answer = () => Promise.reject(new Error('the database is away'));
  changed(null);
  await pass(1_000);
  await pass(1_000);
  expect([asked, feed.listening()]).toEqual([8, 1]);
  answer = async () => false;
  for (let second = 0; second < 15; second += 1) await pass(1_000);
  await over;
  expect(told.at(-1)).toEqual({ kind: 'bye', reason: 'credential' });
});

/** A generator of numbers from 0 to 1 that a failing run can repeat. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
