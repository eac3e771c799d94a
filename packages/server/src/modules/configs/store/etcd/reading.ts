/** Reads of current values and of past states. The database is asked only for a past that etcd does not keep any more. */
import { configRelay } from '@tenant-registry/db';
import { EtcdError } from '@tenant-registry/etcd';
import { batchedByReach } from '../../../../kernel/batch-by-reach.ts';
import type { ActorContext } from '../../../../kernel/context.ts';
import { kernelErrors } from '../../../../kernel/errors.ts';
import type { State } from '../../cursor.ts';
import { pageOfDatabase } from '../pages.ts';
import type { ConfigStore, FoundKey, PageOfKeys, Place, StoredConfig } from '../port.ts';
import type { EtcdKeys } from './keys.ts';
import type { Link } from './link.ts';
import type { Meta } from './meta.ts';
import type { Standing } from './standing.ts';
import { readValue, storedFrom } from './values.ts';

export interface StoreParts {
  readonly link: Link;
  readonly keys: EtcdKeys;
  readonly standing: Standing;
}

type Reading = Pick<ConfigStore, 'find' | 'page' | 'head'>;

/** Makes the reading half of the store. */
export function readingFrom(parts: StoreParts): Reading {
  // A lane for each reach: a tenant that reads much makes no other one wait.
  const find = batchedByReach({ ask: (_, asked: readonly Asking[]) => findAll(parts, asked), ...findBatch });
  return {
    find: (ctx, place, key) => find(ctx, { place, key }),
    async head(_, place) {
      const { meta, head } = await headOf(parts, place);
      return { epoch: meta.epoch, revision: head };
    },
    page: (ctx, place, asked) => page(parts, ctx, { place, asked }),
  };
}

/** A transaction of etcd has 128 operations, and an answer holds 64 of the largest contents. */
const findBatch = { runningMax: 4, weightMax: 64, waitingMax: 2_000 };

interface Asking {
  readonly place: Place;
  readonly key: string;
}

/** Finds keys of any projects, all in one state. */
async function findAll({ link, keys, standing }: StoreParts, asked: readonly Asking[]): Promise<FoundKey[]> {
  const { revision, kvs } = await link.gets([keys.meta, ...asked.map(({ place, key }) => keys.value(place, key))]);
  const [metaKv, ...found] = kvs;
  const meta = await standing.admit(metaKv, revision);
  return asked.map(({ place, key }, n) => {
    const kv = found[n];
    if (kv == null) return { epoch: meta.epoch, config: undefined };
    const at = { ...place, key, revision: meta.base + kv.modRevision };
    return { epoch: meta.epoch, config: storedFrom(readValue(kv), at) };
  });
}

interface Head {
  readonly meta: Meta;
  /** The revision of the project; 0 when nothing was ever written. */
  readonly head: number;
  /** The revision of etcd at which that was so. */
  readonly revision: number;
}

async function headOf({ link, keys, standing }: StoreParts, place: Place): Promise<Head> {
  const { revision, kvs } = await link.gets([keys.head(place), keys.meta]);
  const [kv, metaKv] = kvs;
  const meta = await standing.admit(metaKv, revision);
  return { meta, head: kv == null ? 0 : meta.base + kv.modRevision, revision };
}

type Page = State & { readonly rows: readonly StoredConfig[]; readonly more: boolean };

interface Asked {
  readonly place: Place;
  readonly asked: PageOfKeys;
}

async function page(parts: StoreParts, ctx: ActorContext, { place, asked }: Asked): Promise<Page> {
  const { at } = asked;
  const { meta, head, revision } = await headOf(parts, place);
  if (at !== undefined && (at.epoch !== meta.epoch || at.revision > head)) throw kernelErrors.invalidCursor();
  const state = { epoch: meta.epoch, revision: at?.revision ?? head };
  if (state.revision === 0) return { ...state, rows: [], more: false };
  // The state of the project has not changed since its head was written, so it can be read at the newest revision.
  if (state.revision === head) return { ...state, ...(await pageAt(parts, { place, asked, meta, revision })) };
  try {
    // What was copied into etcd with the epoch is older than its first change, and only the database has it.
    if (state.revision <= meta.base) throw new EtcdError('compacted', 'the state is older than the epoch');
    const then = { place, asked, meta, revision: state.revision - meta.base };
    return { ...state, ...(await pageAt(parts, then)) };
  } catch (error) {
    if (!(error instanceof EtcdError) || error.kind !== 'compacted') throw error;
    return pageOfHistory(ctx, { place, asked, meta, state });
  }
}

interface At extends Asked {
  readonly meta: Meta;
  /** Of etcd. */
  readonly revision: number;
}

/** So many keys come in one answer, so that 256 KiB each fit into one. */
const RANGE_MAX = 100;

async function pageAt(
  { link, keys }: StoreParts,
  { place, asked, meta, revision }: At,
): Promise<Omit<Page, keyof State>> {
  const root = keys.valuesOf(place);
  const rows: StoredConfig[] = [];
  let bytes = 0;
  let after = asked.after;
  for (;;) {
    const options = { revision, limit: RANGE_MAX, ...(after === undefined ? {} : { after: root + after }) };
    const range = await link.ask((etcd) => etcd.range({ prefix: root + asked.prefix }, options));
    for (const kv of range.kvs) {
      after = kv.key.slice(root.length);
      const value = readValue(kv);
      if (value.deleted && !asked.tombstones) continue;
      if (rows.length === asked.limit || bytes >= asked.bytesMax) return { rows, more: true };
      rows.push(storedFrom(value, { ...place, key: after, revision: meta.base + kv.modRevision }));
      bytes += kv.value.length;
    }
    if (!range.more) return { rows, more: false };
  }
}

interface Then extends Asked {
  readonly meta: Meta;
  readonly state: State;
}

/** The state as the database has it: when it has every change up to it, and keeps every value of then. */
async function pageOfHistory(ctx: ActorContext, { place, asked, meta, state }: Then): Promise<Page> {
  const store = await configRelay.findConfigStore(ctx.root);
  const isComplete = store.epoch === meta.epoch && state.revision <= meta.base + store.revision_seen;
  if (!isComplete && state.revision > meta.base) throw kernelErrors.invalidCursor();
  return pageOfDatabase(ctx, place, { ...asked, at: state });
}
