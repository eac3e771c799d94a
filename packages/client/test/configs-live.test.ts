// engine: none
/** What `live` and `age_ms` promise, against a model: a registry with a history, and a network that does what it wants. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WatchEvent } from '../src/configs/watch-events.ts';
import type { ConfigsWire, Snapshot } from '../src/configs/wire.ts';
import { createConfigsOn } from '../src/configs.ts';
import { type ConfigsState, createClient } from '../src/index.ts';
import { PROJECT } from './config-registry.ts';

const BOUND_MS = 3_000;
const KEYS = ['a', 'b', 'c'];
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A write of the model: the keys have these versions since this time. */
interface Write {
  readonly at: number;
  readonly revision: number;
  readonly keys: readonly string[];
}

/** A clock whose pauses end when the test moves it past them. */
function movableClock() {
  let now = 10_000;
  let waiting: { readonly at: number; readonly act: () => void }[] = [];
  const at = (time: number, act: () => void) => {
    waiting = [...waiting, { at: time, act }].sort((one, other) => one.at - other.at);
  };
  return {
    now: () => now,
    at,
    random: () => 0,
    timeOfDay: () => now,
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        at(now + ms, resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      }),
    /** Moves on, and lets everything happen that is due on the way, in order. */
    async advance(ms: number, check: () => void) {
      const end = now + ms;
      for (;;) {
        const [next] = waiting;
        if (next === undefined || next.at > end) break;
        waiting = waiting.slice(1);
        now = Math.max(now, next.at);
        next.act();
        await settled();
        check();
      }
      now = end;
      await settled();
      check();
    },
  };
}

type Clock = ReturnType<typeof movableClock>;

/** Values that come in later, in the order in which the test lets them. */
function channel<Value>() {
  const values: (Value | Error)[] = [];
  let wake = () => {};
  return {
    put(value: Value | Error) {
      values.push(value);
      wake();
    },
    async *read(signal: AbortSignal): AsyncGenerator<Value> {
      signal.addEventListener('abort', () => wake(), { once: true });
      while (!signal.aborted) {
        const next = values.shift();
        if (next instanceof Error) throw next;
        if (next !== undefined) yield next;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
  };
}

/** What the network does with what is sent: how long it takes, and whether it arrives at all. */
interface Network {
  delayMs: number;
  stalled: boolean;
  broken: boolean;
  /** The order of the changes of one state is turned around. */
  turned: boolean;
}

interface Connection {
  readonly startedAt: number;
  readonly put: (event: WatchEvent | Error) => void;
  told: number;
  /** A connection keeps its order: nothing arrives before what was sent earlier. */
  arrivesAt: number;
}

/** A registry of three keys, whose clock runs as fast as the program's, and its network. */
function model(clock: Clock) {
  const history: Write[] = [];
  const versions = new Map<string, number>();
  const network: Network = { delayMs: 5, stalled: false, broken: false, turned: false };
  let connections: Connection[] = [];
  let forgottenUntil = 0;
  let revision = 0;
  let doubtful = false;

  const cursor = (at: number) => `e.${at}`;
  const configOf = (key: string, version: number) => ({ key, version, content: version, content_sha256: `${version}` });
  const versionAt = (key: string, at: number) =>
    history.filter((write) => write.revision <= at && write.keys.includes(key)).length;

  function send(connection: Connection, events: readonly WatchEvent[]): void {
    if (network.stalled) return;
    connection.arrivesAt = Math.max(connection.arrivesAt, clock.now() + network.delayMs);
    // Each event comes in its own time.
    for (const event of events) {
      clock.at(connection.arrivesAt, () => connection.put(event));
      connection.arrivesAt += 1;
    }
  }

  function catchUp(connection: Connection): void {
    // What a stalled network swallows is lost for this connection, which then can only break.
    if (network.stalled) return;
    for (const write of history.filter(({ revision: at }) => at > connection.told)) {
      const keys = network.turned ? [...write.keys].reverse() : write.keys;
      const events = keys.map((key, index): WatchEvent => {
        const version = versionAt(key, write.revision);
        const change = { ...configOf(key, version), operation: version === 1 ? 'create' : 'update' } as const;
        return { type: 'change', change, cursor: index === keys.length - 1 ? cursor(write.revision) : undefined };
      });
      send(connection, events);
    }
    connection.told = revision;
  }

  function beat(): void {
    for (const connection of connections) {
      catchUp(connection);
      const elapsed_ms = clock.now() - connection.startedAt;
      send(connection, [doubtful ? { type: 'down' } : { type: 'alive', elapsed_ms }]);
    }
    clock.at(clock.now() + 1_000, beat);
  }
  beat();

  /** Resolves after the network took its time for the question and for the answer, or rejects. */
  async function travel(): Promise<void> {
    if (network.broken) throw new Error('no connection');
    await new Promise<void>((resolve) => clock.at(clock.now() + network.delayMs, resolve));
  }

  const wire: ConfigsWire = {
    async snapshot(): Promise<Snapshot> {
      await travel();
      const configs = KEYS.filter((key) => versions.has(key)).map((key) => configOf(key, versions.get(key) ?? 0));
      const snapshot = { cursor: cursor(revision), configs };
      await travel();
      return snapshot;
    },
    async find(key) {
      await travel();
      return configOf(key, versions.get(key) ?? 0);
    },
    async *watch(after, signal) {
      await travel();
      const { put, read } = channel<WatchEvent>();
      const connection = { startedAt: clock.now(), put, told: Number(after.split('.')[1]), arrivesAt: 0 };
      if (connection.told < forgottenUntil) {
        yield { type: 'reset' };
        return;
      }
      connections.push(connection);
      catchUp(connection);
      yield* read(signal);
    },
    register: async () => {},
  };

  return {
    wire,
    network,
    history,
    versionAt,
    write(keys: readonly string[]) {
      revision += 1;
      for (const key of keys) versions.set(key, (versions.get(key) ?? 0) + 1);
      history.push({ at: clock.now(), revision, keys });
      for (const connection of connections) catchUp(connection);
    },
    cut() {
      for (const { put } of connections) put(new Error('cut'));
      connections = [];
    },
    forget: () => {
      forgottenUntil = revision;
    },
    doubt: (is: boolean) => {
      doubtful = is;
    },
  };
}

type Step =
  | { readonly type: 'write'; readonly keys: readonly string[] }
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'delay'; readonly ms: number }
  | { readonly type: 'cut' | 'forget' }
  | { readonly type: 'stall' | 'break' | 'turn' | 'doubt'; readonly is: boolean };

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ type: fc.constant('write'), keys: fc.subarray(KEYS, { minLength: 1 }) }) },
    { weight: 6, arbitrary: fc.record({ type: fc.constant('wait'), ms: fc.integer({ min: 1, max: 4_000 }) }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('delay'), ms: fc.constantFrom(1, 5, 200, 1_500, 6_000) }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('cut', 'forget') }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('stall', 'break', 'turn', 'doubt'), is: fc.boolean() }) },
  ),
  { minLength: 5, maxLength: 60 },
) as fc.Arbitrary<Step[]>;

function configsOf(clock: Clock, wire: ConfigsWire) {
  const client = createClient({ url: 'http://localhost:1', token: 'x' });
  const states: ConfigsState[] = [];
  const onState = (state: ConfigsState) => void states.push(state);
  return { configs: createConfigsOn(clock, wire, { client, project_id: PROJECT, onState }), states };
}

function happen(step: Step, registry: ReturnType<typeof model>): void {
  const { network } = registry;
  if (step.type === 'write') registry.write(step.keys);
  else if (step.type === 'delay') network.delayMs = step.ms;
  else if (step.type === 'cut') registry.cut();
  else if (step.type === 'forget') registry.forget();
  else if (step.type === 'doubt') registry.doubt(step.is);
  else if (step.type === 'stall') network.stalled = step.is;
  else if (step.type === 'break') network.broken = step.is;
  else if (step.type === 'turn') network.turned = step.is;
}

// proves B21, B33
test('while live, every change that was answered three seconds ago is there; the age is never understated', async () => {
  let lived = 0;
  let lost = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (script) => {
      const clock = movableClock();
      const registry = model(clock);
      const { configs } = configsOf(clock, registry.wire);
      const versionsOf = () => KEYS.map((key) => configs.version(key) ?? 0);
      let before = versionsOf();
      const check = () => {
        const versions = versionsOf();
        // Nothing goes back, and what was written together is there together.
        expect(versions.every((version, index) => version >= (before[index] ?? 0))).toBe(true);
        before = versions;
        const states = [0, ...registry.history.map(({ revision }) => revision)];
        const at = states.findLast((revision) =>
          KEYS.every((key, index) => registry.versionAt(key, revision) === versions[index]),
        );
        expect(at).toBeDefined();
        const missing = registry.history.find(({ revision }) => revision > (at ?? 0));
        const ageMs = missing === undefined ? 0 : clock.now() - missing.at;
        if (configs.live) expect(ageMs).toBeLessThanOrEqual(BOUND_MS);
        if (configs.age_ms !== null) expect(ageMs).toBeLessThanOrEqual(configs.age_ms);
        if (configs.live) lived += 1;
        else lost += 1;
      };
      await clock.advance(100, check);
      for (const step of script) {
        if (step.type === 'wait') await clock.advance(step.ms, check);
        else happen(step, registry);
        await settled();
        check();
      }
      // A network that works again brings everything.
      Object.assign(registry.network, { delayMs: 1, stalled: false, broken: false });
      registry.doubt(false);
      registry.cut();
      await clock.advance(20_000, check);
      expect([configs.live, ...versionsOf()]).toEqual([
        true,
        ...KEYS.map((key) => registry.versionAt(key, Number.POSITIVE_INFINITY)),
      ]);
      await configs.close();
    }),
    { numRuns: 150 },
  );
  // The script says something about both.
  expect([lived > 500, lost > 500]).toEqual([true, true]);
});

test('a feed that stalls without a word is not live after the bound, and that is told without any event', async () => {
  const clock = movableClock();
  const registry = model(clock);
  registry.write(['a']);
  const { configs, states } = configsOf(clock, registry.wire);
  const quiet = () => {};
  await clock.advance(1_500, quiet);
  expect([configs.live, states.map(({ live }) => live)]).toEqual([true, [true]]);
  registry.network.stalled = true;
  await clock.advance(BOUND_MS + 1_100, quiet);
  expect([configs.live, configs.get('a')]).toEqual([false, 1]);
  await clock.advance(500, quiet);
  expect(states.map(({ live }) => live)).toEqual([true, false]);
  expect(configs.age_ms).toBeGreaterThan(BOUND_MS);
  await configs.close();
});

test('a sign of life that claims the future extends nothing', async () => {
  const clock = movableClock();
  const { put, read } = channel<WatchEvent>();
  const wire: ConfigsWire = {
    ...model(clock).wire,
    watch: (_, signal) => read(signal),
  };
  const { configs } = configsOf(clock, wire);
  await clock.advance(100, () => {});
  put({ type: 'alive', elapsed_ms: 1e12 });
  await settled();
  expect([configs.live, configs.age_ms]).toEqual([true, 0]);
  await clock.advance(BOUND_MS + 1, () => {});
  expect([configs.live, configs.age_ms]).toEqual([false, BOUND_MS + 1]);
  await configs.close();
});

/** Configurations whose snapshots and streams the test answers itself. */
function answered() {
  const clock = movableClock();
  const { put, read } = channel<WatchEvent>();
  const snapshots: ((snapshot: Snapshot) => void)[] = [];
  const wire: ConfigsWire = {
    ...model(clock).wire,
    snapshot: () => new Promise((resolve) => snapshots.push(resolve)),
    watch: (_, signal) => read(signal),
  };
  const { configs } = configsOf(clock, wire);
  const advance = (ms: number) => clock.advance(ms, () => {});
  const answer = async () => {
    snapshots.at(-1)?.({ cursor: 'e.1', configs: [] });
    await settled();
  };
  const tell = async (event: WatchEvent) => {
    put(event);
    await settled();
  };
  return { configs, advance, answer, tell, snapshots };
}

test('a snapshot is as old as its question', async () => {
  const { configs, advance, answer, tell } = answered();
  await advance(BOUND_MS + 1);
  await answer();
  expect([configs.live, configs.source, configs.age_ms]).toEqual([false, 'registry', BOUND_MS + 1]);
  await tell({ type: 'alive', elapsed_ms: 0 });
  expect(configs.live).toBe(true);
  await configs.close();
});

test('a sign of life between changes that belong together says nothing', async () => {
  const { configs, advance, answer, tell } = answered();
  await advance(0);
  await answer();
  await advance(BOUND_MS);
  const change = { key: 'a', version: 1, operation: 'create', content: 1, content_sha256: '1' } as const;
  await tell({ type: 'change', change, cursor: undefined });
  await tell({ type: 'alive', elapsed_ms: BOUND_MS });
  await advance(1);
  expect([configs.live, configs.has('a')]).toEqual([false, false]);
  await tell({ type: 'change', change: { ...change, key: 'b' }, cursor: 'e.2' });
  await tell({ type: 'alive', elapsed_ms: BOUND_MS });
  expect([configs.live, configs.keys()]).toEqual([true, ['a', 'b']]);
  await configs.close();
});

test('from a reset on nothing is certain until the next snapshot', async () => {
  const { configs, advance, answer, tell, snapshots } = answered();
  await advance(0);
  await answer();
  expect(configs.live).toBe(true);
  await tell({ type: 'reset' });
  expect(configs.live).toBe(false);
  await advance(400);
  expect([configs.live, snapshots.length]).toEqual([false, 2]);
  await answer();
  expect(configs.live).toBe(true);
  await configs.close();
});
