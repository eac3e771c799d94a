/** What the commands of an operator share. */
import { randomBytes } from 'node:crypto';
import { configRelay, type Db, entries, type Tx } from '@tenant-registry/db';
import { type Etcd, EtcdError } from '@tenant-registry/etcd';
import { systemActor } from '../../../../../kernel/actor.ts';
import type { Clock } from '../../../../../kernel/clock.ts';
import { newId } from '../../../../../kernel/ids.ts';
import { entryOf } from '../../../../../kernel/transact/entry.ts';
import { bookkeep } from '../../../../../kernel/transact.ts';
import { type ChangedStore, configEvents } from '../../../schema.ts';
import type { EtcdKeys } from '../keys.ts';
import { type Meta, type MetaText, metaText, readMeta } from '../meta.ts';
import type { ConfigRelay } from '../relay.ts';

export interface AdminParts {
  readonly db: Db;
  readonly etcd: Etcd;
  readonly keys: EtcdKeys;
  readonly relay: ConfigRelay;
  readonly clock: Clock;
  /** Tells the operator how far it is. */
  readonly say: (line: string) => void;
}

/** A command that ends before it says the second leaves writes refused. */
export const WRITES_REFUSED =
  'writes of configurations are refused from here on; if this command is broken off, repeat it, or let them in with `configs move --to=etcd`';
export const WRITES_ACCEPTED = 'writes of configurations are accepted again';

/** Why a command cannot be done, with what to do. */
export class AdminError extends Error {
  override readonly name = 'AdminError';
}

/** Returns a name that no epoch had. */
export function newEpoch(): string {
  return randomBytes(6).toString('hex');
}

/** Reads the epoch in etcd, and etcd's own revision. */
export async function findMeta({
  etcd,
  keys,
}: AdminParts): Promise<{ readonly meta: Meta | null; readonly revision: number }> {
  const { revision, kvs } = await etcd.range({ key: keys.meta });
  const [kv] = kvs;
  return { revision, meta: kv === undefined ? null : readMeta(kv) };
}

/** Writes the epoch; from then on no write from before it is taken. */
export async function putMeta({ etcd, keys }: AdminParts, meta: MetaText): Promise<void> {
  await untilKnown(() => etcd.put(keys.meta, metaText(meta)));
}

/**
 * Keeps every writer of the database, the relay and other commands out until the transaction ends. Throws `AdminError` when
 * the values are not where the command found them at its beginning, because another command was faster.
 */
export async function holdStore(
  tx: Tx,
  { kind, epoch }: Pick<configRelay.ConfigStoreRow, 'kind' | 'epoch'>,
): Promise<void> {
  await configRelay.lockConfigHeads(tx);
  const now = await configRelay.findConfigStore(tx);
  if (now.kind !== kind || now.epoch !== epoch)
    throw new AdminError('another command has moved or repaired the values meanwhile: run `configs status`');
}

/** Lets writes into etcd. Throws `AdminError` when another command has moved or repaired the values meanwhile. */
export async function makeReady(parts: AdminParts, { epoch, base }: Pick<MetaText, 'epoch' | 'base'>): Promise<void> {
  await bookkeep(parts.db, async (tx) => {
    await holdStore(tx, { kind: 'etcd', epoch });
    await putMeta(parts, { epoch, base, state: 'ready' });
  });
}

/** Repeats what may be repeated while it is not known whether it was done. Throws when no answer comes at all. */
export async function untilKnown<T>(call: () => Promise<T>): Promise<T> {
  for (let left = 5; ; left -= 1) {
    try {
      return await call();
    } catch (error) {
      if (left === 0 || !(error instanceof EtcdError) || error.kind !== 'unknown_outcome') throw error;
    }
  }
}

/** Writes down what the command did. */
export async function recordChange({ clock }: AdminParts, tx: Tx, payload: ChangedStore): Promise<void> {
  const ctx = { actor: systemActor('configs-command'), clock, requestId: newId(clock), sourceIp: null };
  await entries.appendEntries(tx, [entryOf(ctx, { event: configEvents.storeChanged, payload })]);
}
