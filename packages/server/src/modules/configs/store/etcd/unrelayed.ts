/**
 * What etcd has and the database does not have yet: the versions of a key, the write that made one, and the schemas that a
 * tenant's keys are checked against. The relay goes by revisions, so of each key the newest versions wait, without a hole.
 * Nothing here reads more than a bound of bytes, however many wait.
 */
import { configRelay } from '@tenant-registry/db';
import { EtcdError, type Kv } from '@tenant-registry/etcd';
import type { ConfigStore, Place, Revision, UnrelayedPin } from '../port.ts';
import { storedFrom as storedRow } from '../postgres.ts';
import { readIntent } from './intents.ts';
import { storeUnavailable } from './link.ts';
import type { StoreParts } from './reading.ts';
import { readValue, revisionFrom, storedFrom } from './values.ts';

export type Unrelayed = Required<
  Pick<ConfigStore, 'findUnrelayed' | 'listUnrelayed' | 'findWritten' | 'listUnrelayedPins'>
>;

/** So many versions come in one answer, of up to 8 MiB together. */
const PIECE = 32;
/** A look for a write, or for pins, ends behind so many bytes: it would not be exact, so it is refused. */
const LOOKED_BYTES_MAX = 16_777_216;

/** Makes this part of the store. */
export function unrelayedFrom(parts: StoreParts): Unrelayed {
  const { link, keys, standing } = parts;
  return {
    async findUnrelayed(_, place, { key, version }) {
      const meta = await standing.current();
      const { kvs } = await link.gets([keys.intent(place, key, version)]);
      const [kv] = kvs;
      return kv == null ? undefined : revisionOf(kv, { ...place, key, base: meta.base });
    },
    async listUnrelayed(_, place, { key, before, limit, bytesMax }) {
      const { base } = await standing.current();
      const rows: Revision[] = [];
      let bytes = 0;
      for await (const kv of newestFirst(parts, { ...place, key, before })) {
        if (rows.length === limit || bytes >= bytesMax) return { rows, more: true };
        rows.push(revisionOf(kv, { ...place, key, base }));
        bytes += kv.value.length;
      }
      return { rows, more: false };
    },
    async findWritten({ db }, place, { key, write_id, since }) {
      const { base } = await standing.current();
      let bytes = 0;
      // etcd before the database: what the relay brings meanwhile is then found there.
      for await (const kv of newestFirst(parts, { ...place, key })) {
        const { value } = readIntent(kv);
        if (value.updated_at < since) break;
        if (value.write_id === write_id) return storedFrom(value, { ...place, key, revision: base + kv.modRevision });
        bytes += kv.value.length;
        if (bytes > LOOKED_BYTES_MAX) throw tooMuchWaits();
      }
      const row = await configRelay.findConfigWritten(db, { project_id: place.project_id, key, write_id, since });
      return row && storedRow(row);
    },
    listUnrelayedPins: (_, tenantId) => listPins(parts, tenantId),
  };
}

function tooMuchWaits() {
  return storeUnavailable('Too many changes of configurations wait for the database: try again.');
}

interface Key extends Place {
  readonly key: string;
}

function revisionOf(kv: Kv, { base, ...at }: Key & { readonly base: number }): Revision {
  return revisionFrom(readIntent(kv).value, { ...at, revision: base + kv.modRevision });
}

/** Yields the intents of the key, of versions before the given one. Those that the relay takes meanwhile may be left out. */
async function* newestFirst(
  { link, keys }: StoreParts,
  { key, before, ...place }: Key & { readonly before?: number | undefined },
): AsyncGenerator<Kv, void> {
  const prefix = keys.intentsOf(place, key);
  const { kvs } = await link.ask((etcd) => etcd.range({ prefix }, { keysOnly: true, limit: 1 }));
  const [oldest] = kvs;
  if (oldest === undefined) return;
  const first = Number(oldest.key.slice(prefix.length));
  let next = (before ?? (await newestOf({ link, keys }, { ...place, key })) + 1) - 1;
  while (next >= first) {
    const versions = Array.from({ length: Math.min(PIECE, next - first + 1) }, (_, n) => next - n);
    const found = await link.gets(versions.map((version) => keys.intent(place, key, version)));
    const piece = found.kvs.filter((kv) => kv !== null);
    if (piece.length === 0) return;
    yield* piece;
    next -= versions.length;
  }
}

async function newestOf({ link, keys }: Pick<StoreParts, 'link' | 'keys'>, { key, ...place }: Key): Promise<number> {
  const { kvs } = await link.gets([keys.value(place, key)]);
  const [kv] = kvs;
  return kv == null ? 0 : readValue(kv).version;
}

async function listPins(parts: StoreParts, tenantId: string): Promise<readonly UnrelayedPin[]> {
  const { link, keys } = parts;
  const revision = await holdPins(parts, tenantId);
  const prefix = keys.intentsOfTenant(tenantId);
  const newest = new Map<string, UnrelayedPin>();
  let bytes = 0;
  let after: string | undefined;
  for (;;) {
    const options = { revision, limit: PIECE, ...(after === undefined ? {} : { after }) };
    const range = await link.ask((etcd) => etcd.range({ prefix }, options));
    for (const kv of range.kvs) {
      after = kv.key;
      bytes += kv.value.length;
      const { project_id, key, value } = readIntent(kv);
      // Versions of a key come in their order.
      const schema_id = value.deleted ? null : value.schema_id;
      newest.set(`${project_id}/${key}`, { project_id, key, schema_id });
    }
    if (!range.more) return [...newest.values()];
    if (bytes > LOOKED_BYTES_MAX) throw tooMuchWaits();
  }
}

/** Returns the revision from which on no write pins a schema of the tenant that was checked before. */
async function holdPins({ link, keys, standing }: StoreParts, tenantId: string): Promise<number> {
  await standing.refresh();
  try {
    const { revision } = await link.ask((etcd) => etcd.put(keys.pins(tenantId), ''));
    return revision;
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    throw storeUnavailable('The store of configurations does not answer: try again.', error);
  }
}
