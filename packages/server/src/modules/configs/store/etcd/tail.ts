/**
 * The changes of projects as this process hears them: one watch over all values, and for each project that is listened to its
 * newest changes in memory. A listener that is further behind reads the past from etcd.
 */
import { EtcdError, type WatchBatch, type WatchEvent } from '@tenant-registry/etcd';
import { oneAtATime } from '../../../../kernel/async/one-at-a-time.ts';
import { createRing, type Ring } from '../../../../kernel/feed/ring.ts';
import type { Logger } from '../../../../kernel/logger.ts';
import type { Place, ProjectTail, TailedChange } from '../port.ts';
import { storeUnavailable } from './link.ts';
import type { Meta } from './meta.ts';
import type { StoreParts } from './reading.ts';
import { createTide, type Tide } from './tide.ts';
import { readValue, revisionFrom } from './values.ts';

export interface Tails {
  tail(place: Place): Promise<ProjectTail>;
  close(): void;
}

export interface TailParts extends StoreParts {
  readonly logger: Logger;
}

/** All changes of one revision. */
interface Step {
  readonly raw: number;
  readonly changes: readonly TailedChange[];
  readonly bytes: number;
}

interface Followed {
  readonly place: Place;
  readonly ring: Ring<Step>;
  readonly listeners: Set<() => void>;
  /** Of the epoch that is in hand. */
  meta: Meta;
  /** Settles when the changes are in hand that there were when it began. */
  ready: Promise<void>;
  shares: number;
}

/** What is kept of each project that is listened to. */
const RING = { countMax: 1_000, sizeMax: 524_288, sizeOf: ({ bytes }: Step) => bytes };
/** What a change takes beside its content. */
const CHANGE_BYTES = 700;
/** Longer content is told to nobody. */
const CONTENT_BYTES_MAX = 65_536;

interface State extends TailParts {
  /** By project. */
  readonly followed: Map<string, Followed>;
  readonly settleAll: () => Promise<void>;
  tide: Tide | undefined;
}

/** Makes it. It watches while a project is listened to. */
export function createTails(parts: TailParts): Tails {
  const state: State = {
    ...parts,
    followed: new Map(),
    settleAll: oneAtATime(() => settle(state)),
    tide: undefined,
  };
  return {
    tail: (place) => follow(state, place),
    close() {
      state.tide?.stop();
      state.tide = undefined;
    },
  };
}

async function follow(state: State, place: Place): Promise<ProjectTail> {
  const meta = await state.standing.current();
  const tide = await startedTide(state);
  const entry = state.followed.get(place.project_id) ?? newEntry(state, { place, meta, tide });
  entry.shares += 1;
  try {
    await entry.ready;
    return tailOf(state, entry);
  } catch (error) {
    release(state, entry);
    throw error;
  }
}

/** It ends when the last listener leaves, which may be while the first one of the next waits for it. */
async function startedTide(state: State): Promise<Tide> {
  for (;;) {
    state.tide ??= createTide({
      ...state,
      onBatch: (batch) => hear(state, batch),
      onLost: (again) => beginAnew(state, again),
    });
    const { tide } = state;
    await tide.started();
    if (tide === state.tide) return tide;
  }
}

interface NewEntry {
  readonly place: Place;
  readonly meta: Meta;
  readonly tide: Tide;
}

function newEntry(state: State, { place, meta, tide }: NewEntry): Followed {
  const ring = createRing<Step>(RING);
  const ready = beginAtHead(state, { place, ring, tide }).then(() => state.settleAll());
  const entry: Followed = { place, meta, ring, ready, listeners: new Set(), shares: 0 };
  state.followed.set(place.project_id, entry);
  return entry;
}

interface Beginning extends Pick<Followed, 'place' | 'ring'> {
  readonly tide: Tide;
}

/** Nothing changed between the head and what the watch had delivered when it began here, so the head is the beginning. */
async function beginAtHead({ link, keys }: State, { place, ring, tide }: Beginning): Promise<void> {
  const delivered = tide.delivered();
  ring.skipTo(delivered);
  const { kvs } = await link.gets([keys.head(place)]);
  const head = kvs[0]?.modRevision ?? 0;
  if (head <= delivered && ring.latest() === delivered) ring.skipTo(head);
}

function tailOf(state: State, entry: Followed): ProjectTail {
  const { ring, listeners } = entry;
  let released = false;
  return {
    get epoch() {
      return entry.meta.epoch;
    },
    latest: () => toRevision(entry.meta, ring.latest()),
    settle: () => state.settleAll(),
    changesAfter: (revision, bytesMax) => changesAfter(state, entry, { revision, bytesMax }),
    onNews(listener) {
      // Each has a place of its own, also when one function listens twice.
      const call = () => listener();
      listeners.add(call);
      return () => void listeners.delete(call);
    },
    release() {
      if (released) return;
      released = true;
      release(state, entry);
    },
  };
}

function release(state: State, entry: Followed): void {
  entry.shares -= 1;
  if (entry.shares > 0) return;
  state.followed.delete(entry.place.project_id);
  if (state.followed.size > 0) return;
  state.tide?.stop();
  state.tide = undefined;
}

/** Waits until the watch has delivered what the store had answered before. */
async function settle(state: State): Promise<void> {
  const { link, keys, standing } = state;
  const { revision, kvs } = await link.gets([keys.all, keys.meta]);
  const [all, metaKv] = kvs;
  const meta = await standing.admit(metaKv, revision);
  const isOld = [...state.followed.values()].some((entry) => entry.meta.epoch !== meta.epoch);
  if (isOld) await renew(state, meta);
  if (state.tide === undefined) throw storeUnavailable('The watch of configurations has ended.');
  await state.tide.reached(all?.modRevision ?? 0);
}

/** Another epoch has begun, maybe in another cluster: what was in hand means nothing any more. */
async function renew(state: State, meta: Meta): Promise<void> {
  state.tide?.stop();
  state.tide = undefined;
  const tide = await startedTide(state);
  await beginAnew(state, tide, meta);
}

async function beginAnew(state: State, tide: Tide, meta?: Meta): Promise<void> {
  for (const entry of state.followed.values()) {
    await beginAtHead(state, { ...entry, tide });
    if (meta !== undefined) entry.meta = meta;
    tell(entry);
  }
}

function tell({ listeners }: Followed): void {
  for (const listener of [...listeners]) listener();
}

function hear({ keys, followed }: State, { revision: raw, events }: WatchBatch): void {
  const touched = new Map<Followed, WatchEvent[]>();
  for (const event of events) {
    const entry = event.type === 'put' ? followed.get(keys.valueAt(event.kv.key)?.project_id ?? '') : undefined;
    if (entry !== undefined) touched.set(entry, [...(touched.get(entry) ?? []), event]);
  }
  for (const [entry, own] of touched) {
    if (raw <= entry.ring.latest()) continue;
    entry.ring.add(raw, stepOf(own, { keys, meta: entry.meta, place: entry.place, raw }));
    tell(entry);
  }
}

interface Source extends Pick<Followed, 'meta' | 'place'>, Pick<StoreParts, 'keys'> {
  readonly raw: number;
}

function stepOf(events: readonly WatchEvent[], { keys, meta, place, raw }: Source): Step {
  const revision = toRevision(meta, raw);
  const changes = events.flatMap(({ kv }): TailedChange[] => {
    const key = keys.valueAt(kv.key)?.key;
    if (key === undefined) return [];
    const change = revisionFrom(readValue(kv), { ...place, key, revision });
    return [kv.value.length > CONTENT_BYTES_MAX ? { ...change, content: null, content_omitted: true } : change];
  });
  changes.sort((one, other) => (one.key < other.key ? -1 : 1));
  const told = events.filter(({ kv }) => kv.value.length <= CONTENT_BYTES_MAX);
  const bytes = told.reduce((sum, { kv }) => sum + kv.value.length, events.length * CHANGE_BYTES);
  return { raw, changes, bytes };
}

function toRevision({ base }: Meta, raw: number): number {
  return raw === 0 ? 0 : base + raw;
}

interface Asked {
  readonly revision: number;
  readonly bytesMax: number;
}

async function changesAfter(state: State, entry: Followed, { revision, bytesMax }: Asked) {
  const { meta, ring } = entry;
  // What is older than the epoch was copied into etcd, and its changes are not there.
  if (revision > 0 && revision <= meta.base) return undefined;
  const raw = Math.max(0, revision - meta.base);
  if (raw > ring.latest()) return undefined;
  if (raw === ring.latest()) return [];
  const steps = ring.since(raw) ?? (await pastSteps(state, entry, { after: raw, until: ring.latest(), bytesMax }));
  return steps && upTo(steps, bytesMax);
}

function upTo(steps: readonly Step[], bytesMax: number): readonly TailedChange[] {
  const taken: TailedChange[] = [];
  let sum = 0;
  for (const { changes, bytes } of steps) {
    if (sum >= bytesMax) break;
    taken.push(...changes);
    sum += bytes;
  }
  return taken;
}

interface Past {
  readonly after: number;
  readonly until: number;
  readonly bytesMax: number;
}

const PAST_MS = 2_000;

/** Reads changes from etcd by a watch of the past; undefined when they are compacted. Rejects while etcd does not answer. */
async function pastSteps({ link, keys }: State, entry: Followed, { after, until, bytesMax }: Past) {
  const ending = new AbortController();
  const late = setTimeout(() => ending.abort(), PAST_MS);
  const steps: Step[] = [];
  let bytes = 0;
  const asked = { prefix: keys.valuesOf(entry.place), startRevision: after + 1, signal: ending.signal };
  try {
    for await (const { revision: raw, events } of link.etcd.watch(asked)) {
      const puts = events.filter(({ type }) => type === 'put');
      const step = stepOf(puts, { keys, meta: entry.meta, place: entry.place, raw });
      if (raw <= until && puts.length > 0) steps.push(step);
      bytes += step.bytes;
      if (raw >= until || bytes >= bytesMax) return steps;
    }
  } catch (error) {
    if (error instanceof EtcdError && error.kind === 'compacted') return undefined;
    throw storeUnavailable('The store of configurations cannot be reached: try again.', error);
  } finally {
    clearTimeout(late);
    ending.abort();
  }
  if (steps.length > 0) return steps;
  throw storeUnavailable('The store of configurations cannot be reached: try again.');
}
