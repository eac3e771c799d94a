import { expect, test } from 'vitest';
import { DomainError } from '../../kernel/errors.ts';
import { createGate } from '../../kernel/gate.ts';
import type { EventStream } from '../../kernel/streams/event-stream.ts';
import { type ChangeFeedOptions, createChangeFeed } from './change-feed.ts';

const TENANT = '0192f0c1-7f3a-7c52-9d1e-4b8a6f2e3c10';

/** A feed with a source, a clock and a heart that the test moves. */
function newFeed({ places = 1_000, ...options }: Partial<ChangeFeedOptions> & { places?: number } = {}) {
  const hearing = new Set<(tenantIds: readonly string[] | null) => void>();
  const state = { held: true, nowMs: 5_000, beats: new Set<() => void>() };
  const source: ChangeFeedOptions['source'] = {
    held: () => state.held,
    onChange(listener) {
      hearing.add(listener);
      return () => hearing.delete(listener);
    },
  };
  const timing = {
    now: () => state.nowMs,
    every(_: number, run: () => void) {
      state.beats.add(run);
      return () => state.beats.delete(run);
    },
    after: () => () => {},
  };
  const gate = createGate({ name: 'feed', places, waitingMax: 0, tenantPlacesMax: 1, tenantWaitingMax: 0 });
  return {
    feed: createChangeFeed({ source, settleMs: 2_000, timing, gate, ...options }),
    gate,
    state,
    hearing,
    tell: (tenantIds: readonly string[] | null) => {
      for (const each of hearing) each(tenantIds);
    },
    pass(ms: number) {
      state.nowMs += ms;
      for (const run of state.beats) run();
    },
  };
}

/** Reads the next events as a list of `name data`, and the id of the last event that has one. */
async function reading(stream: EventStream) {
  const iterator = (await stream.open())[Symbol.asyncIterator]();
  let id: string | null = null;
  return {
    async next() {
      const { value, done } = await iterator.next();
      if (done) return 'over';
      id = [...value.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? id;
      return [...value.matchAll(/^event: (\w+)\n(?:id: .*\n)?data: (.*)$/gm)].map(
        ([, name, data]) => `${name} ${data}`,
      );
    },
    leave: () => iterator.return?.(),
    get id() {
      return id;
    },
  };
}

const open = 'open {"alive_ms":1000,"settle_ms":2000}';
const change = (...ids: string[]) => `change {"tenant_ids":${JSON.stringify(ids)}}`;

test('a new listener is told to forget everything, then every change, in order and with whom it is about', async () => {
  const { feed, tell } = newFeed();
  const reader = await reading(feed.open(null));
  expect(await reader.next()).toEqual([open, 'reset {}', 'alive {"elapsed_ms":0}']);
  tell([TENANT]);
  tell(['b', 'c']);
  tell(null);
  expect(await reader.next()).toEqual([change(TENANT), change('b', 'c'), 'reset {}']);
});

test('it is alive only while the replica hears of changes, and says for how long it has been', async () => {
  const { feed, state, pass } = newFeed();
  const reader = await reading(feed.open(null));
  await reader.next();
  pass(1_000);
  expect(await reader.next()).toEqual(['alive {"elapsed_ms":1000}']);
  state.held = false;
  pass(1_000);
  expect(await reader.next()).toEqual(['down {}']);
  expect((await (await reading(feed.open(null))).next()).at(-1)).toBe('down {}');
  state.held = true;
  pass(500);
  expect(await reader.next()).toEqual(['alive {"elapsed_ms":2500}']);
});

test('a listener that comes back with an id gets the missed events alone', async () => {
  const { feed, tell } = newFeed();
  const reader = await reading(feed.open(null));
  await reader.next();
  tell(['a']);
  await reader.next();
  await reader.leave();
  tell(['b']);
  tell(['c']);
  const again = await reading(feed.open(reader.id));
  expect(await again.next()).toEqual([open, change('b'), change('c'), 'alive {"elapsed_ms":0}']);
  const upToDate = await reading(feed.open(again.id));
  expect(await upToDate.next()).toEqual([open, 'alive {"elapsed_ms":0}']);
});

test('a bounded number of missed events is kept; after them, and for unknown ids, there is a reset', async () => {
  const { feed, tell } = newFeed({ eventsMax: 2 });
  const reader = await reading(feed.open(null));
  await reader.next();
  const { id } = reader;
  tell(['a']);
  tell(['b']);
  expect(await (await reading(feed.open(id))).next()).toEqual([
    open,
    change('a'),
    change('b'),
    'alive {"elapsed_ms":0}',
  ]);
  tell(['c']);
  const [epoch] = String(id).split('-');
  const strangers = [
    id,
    `${'0'.repeat(16)}-1`,
    `${epoch}-4`,
    `${epoch}--1`,
    `${epoch}-1.5`,
    `${epoch}-`,
    epoch,
    'x',
    '',
  ];
  for (const stranger of strangers) {
    const reader = await reading(feed.open(stranger ?? null));
    expect(await reader.next(), String(stranger)).toEqual([open, 'reset {}', 'alive {"elapsed_ms":0}']);
  }
});

test('a change of very many tenants is a reset, and so is a past that is too long to send at once', async () => {
  const { feed, tell } = newFeed();
  const many = Array.from({ length: 501 }, () => TENANT);
  const reader = await reading(feed.open(null));
  await reader.next();
  tell(many.slice(1));
  tell(many);
  expect(await reader.next()).toEqual([change(...many.slice(1)), 'reset {}']);
  tell(many.slice(1));
  tell(many.slice(1));
  expect(await (await reading(feed.open(reader.id))).next()).toContain('reset {}');
});

test('a reader that does not keep up is cut off, and nothing is kept for it', async () => {
  const { feed, tell, state } = newFeed();
  const stream = feed.open(null);
  const reader = await reading(stream);
  const many = Array.from({ length: 400 }, () => TENANT);
  for (let told = 0; told < 5; told += 1) tell(many);
  expect(stream.cut.aborted).toBe(true);
  expect(await reader.next()).toBe('over');
  expect(state.beats.size).toBe(0);
});

test('the number of listeners is bounded; one that leaves makes room, and none costs nothing', async () => {
  const { feed, state } = newFeed({ places: 2 });
  const [first, second] = [await reading(feed.open(null)), await reading(feed.open(null))];
  await expect(feed.open(null).open()).rejects.toThrow(DomainError);
  await first.next();
  const waiting = first.next();
  await first.leave();
  expect(await waiting).toBe('over');
  const third = await reading(feed.open(null));
  expect(await third.next()).toContain(open);
  await second.leave();
  await third.leave();
  expect(state.beats.size).toBe(0);
});

test('a stream that is not opened, and one whose reader stops before it read, take no place', async () => {
  const { feed, gate, state } = newFeed({ places: 1 });
  feed.open(null);
  await (await reading(feed.open(null))).leave();
  expect([gate.load().running, feed.listening(), state.beats.size]).toEqual([0, 0, 0]);
  expect(await (await reading(feed.open(null))).next()).toContain(open);
});

test('a listener has to come again after five minutes', async () => {
  const { feed, pass } = newFeed();
  const reader = await reading(feed.open(null));
  await reader.next();
  pass(299_999);
  expect(await reader.next()).toEqual(['alive {"elapsed_ms":299999}']);
  pass(1);
  expect(await reader.next()).toBe('over');
});

test('closing ends every stream, refuses new ones and hears of nothing more', async () => {
  const { feed, gate, hearing, state } = newFeed();
  const readers = [await reading(feed.open(null)), await reading(feed.open(null))];
  for (const reader of readers) await reader.next();
  const waiting = readers.map((reader) => reader.next());
  feed.close();
  expect(await Promise.all(waiting)).toEqual(['over', 'over']);
  await expect(feed.open(null).open()).rejects.toThrow(DomainError);
  expect(gate.load().running).toBe(0);
  expect([hearing.size, state.beats.size]).toEqual([0, 0]);
});
