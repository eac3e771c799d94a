/** Writes what the database has of configurations into etcd, in place of what is there. */
import { configRelay, type Tx } from '@tenant-registry/db';
import type { Op } from '@tenant-registry/etcd';
import type { Author } from '../../../schema.ts';
import type { StoredValue } from '../values.ts';
import { type AdminParts, newEpoch, putMeta, recordChange, untilKnown } from './parts.ts';

interface Copying {
  readonly action: 'moved' | 'repaired';
  /** Keeps what revisions that were lost may have been apart from those that come. */
  readonly margin: number;
}

const PAGE = 60;
const TXN_BYTES = 900_000;
const TXN_OPS = 100;
const DELETES_MAX = 100;

/**
 * Copies every value and tombstone with its version, and makes etcd the store under a new epoch, which it returns. The caller's
 * transaction keeps writers out and must commit; until then the values in etcd are nobody's, so it may be repeated.
 */
export async function copyToEtcd(parts: AdminParts, tx: Tx, { action, margin }: Copying) {
  await configRelay.lockConfigHeads(tx);
  const base = (await configRelay.findHighestConfigRevision(tx)) + margin;
  const epoch = newEpoch();
  const meta = { epoch, base } as const;
  await putMeta(parts, { ...meta, state: 'copying' });
  for (const prefix of [parts.keys.values, parts.keys.heads, parts.keys.intents]) await clear(parts, prefix);
  const keys = await writeAll(parts, tx);
  await configRelay.updateConfigStore(tx, { kind: 'etcd', epoch });
  await recordChange(parts, tx, { action, source: 'postgres', kind: 'etcd', epoch, keys });
  return { ...meta, keys };
}

async function clear({ etcd }: AdminParts, prefix: string): Promise<void> {
  for (;;) {
    const { kvs } = await etcd.range({ prefix }, { keysOnly: true, limit: DELETES_MAX });
    if (kvs.length === 0) return;
    await untilKnown(() => etcd.deleteKeys(kvs.map(({ key }) => key)));
  }
}

async function writeAll(parts: AdminParts, tx: Tx): Promise<number> {
  let written = 0;
  let after: { readonly project_id: string; readonly key: string } | undefined;
  for (;;) {
    const page = await configRelay.listProjectedConfigs(tx, { ...(after === undefined ? {} : { after }), limit: PAGE });
    if (page.length === 0) break;
    await put(parts, page);
    written += page.length;
    after = page.at(-1);
    if (written % (PAGE * 20) === 0) parts.say(`${written} keys are written`);
  }
  await untilKnown(() => parts.etcd.put(parts.keys.all, ''));
  return written;
}

async function put({ etcd, keys }: AdminParts, page: readonly configRelay.ProjectedConfig[]): Promise<void> {
  let ops: Op[] = [];
  let bytes = 0;
  const flush = async () => {
    const success = ops;
    if (success.length > 0) await untilKnown(() => etcd.txn({ success }));
    ops = [];
    bytes = 0;
  };
  for (const row of page) {
    const value = JSON.stringify(valueFrom(row));
    if (ops.length >= TXN_OPS || bytes + value.length > TXN_BYTES) await flush();
    ops.push({ type: 'put', key: keys.value(row, row.key), value });
    bytes += Buffer.byteLength(value);
  }
  await flush();
  const heads = [...new Set(page.map((row) => keys.head(row)))];
  for (const key of heads) await untilKnown(() => etcd.put(key, ''));
}

function valueFrom(row: configRelay.ProjectedConfig): StoredValue {
  const { version, operation, source_version, deleted, content, content_sha256, schema_id, schema_version } = row;
  const value = { version, operation, source_version, deleted, content, content_sha256, schema_id, schema_version };
  return {
    ...value,
    write_id: row.write_id,
    updated_by: row.author as unknown as Author, // what the registry wrote itself
    updated_by_user_id: row.author_user_id,
    reason: row.reason,
    created_at: row.created_at,
    updated_at: row.at,
  };
}
