/** Whether what etcd has is what the registry's database says it is: of its epoch, and not behind what was already seen. */
import { configRelay, type Db } from '@tenant-registry/db';
import type { Kv } from '@tenant-registry/etcd';
import { moved } from '../moved.ts';
import { kvOf, type Link, needsRepair } from './link.ts';
import { type Meta, readMeta } from './meta.ts';

export interface Standing {
  /**
   * Returns what the key `meta` says, when the values may be told and changed. It asks the database only when the key does
   * not say what it said before, and each time while the values move to the database. Throws `unavailable`.
   */
  admit(meta: Kv | null | undefined, revision: number): Promise<Meta>;
  /** Returns what was admitted last; reads it when nothing was. Throws like `admit`. */
  current(): Promise<Meta>;
  /** Reads it anew. Throws like `admit`. */
  refresh(): Promise<Meta>;
}

export interface StandingOptions {
  readonly db: Db;
  readonly link: Link;
  /** The key `meta`. */
  readonly metaKey: string;
}

const ASK_EVERY_MS = 500;

/** Makes it; it asks nothing before it is used. */
export function createStanding({ db, link, metaKey }: StandingOptions): Standing {
  let store: configRelay.ConfigStoreRow | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let last: Meta | undefined;
  const ask = async (isDue = false) => {
    if (!isDue && store !== undefined && performance.now() - askedAt < ASK_EVERY_MS) return store;
    store = await configRelay.findConfigStore(db);
    askedAt = performance.now();
    return store;
  };
  const admit: Standing['admit'] = async (kv, revision) => {
    const meta = kv == null ? undefined : readMeta(kv);
    const isRefused = meta === undefined || store === undefined || refusal(store, meta, revision) !== undefined;
    // What was admitted before says nothing of what a command has written since.
    const isDue = !isRefused && (isMoving(meta) || meta.modRevision !== last?.modRevision);
    if (isRefused || isDue) {
      const reason = refusal(await ask(isDue), meta, revision);
      if (reason !== undefined) throw reason;
    }
    last = meta;
    if (meta === undefined) throw new Error('an absent epoch is refused');
    return meta;
  };
  link.onBehind(async () => {
    const before = last?.epoch;
    const { revision, responses } = await link.etcd.txn({ success: [{ type: 'get', key: metaKey }] });
    const kv = kvOf(responses[0]);
    const now = await ask();
    // Only a repair makes another epoch.
    return kv !== null && now.epoch !== before && refusal(now, readMeta(kv), revision) === undefined;
  });
  const refresh = async () => {
    const { revision, kvs } = await link.gets([metaKey]);
    return admit(kvs[0], revision);
  };
  return { admit, refresh, current: async () => last ?? refresh() };
}

/** From a moment on that the database alone knows, the values of the database are the current ones, and these are not. */
function isMoving({ state }: Meta): boolean {
  return state === 'frozen' || state === 'left';
}

function refusal(store: configRelay.ConfigStoreRow, meta: Meta | undefined, revision: number) {
  if (store.kind !== 'etcd') return moved();
  if (meta === undefined) return needsRepair('etcd has lost the values');
  if (meta.epoch !== store.epoch) return needsRepair('etcd has values of another epoch');
  if (revision < store.revision_seen) return needsRepair('etcd is behind what the database has of it');
  return undefined;
}
