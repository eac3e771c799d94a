/** Makes both stores one again after one of them was lost, or restored from a backup. */
import { configRelay } from '@tenant-registry/db';
import { bookkeep } from '../../../../../kernel/transact.ts';
import type { Meta } from '../meta.ts';
import { drain } from './move.ts';
import {
  AdminError,
  type AdminParts,
  findMeta,
  holdStore,
  makeReady,
  putMeta,
  WRITES_ACCEPTED,
  WRITES_REFUSED,
} from './parts.ts';
import { copyToDatabase } from './to-database.ts';
import { copyToEtcd } from './to-etcd.ts';

export type Source = 'etcd' | 'postgres';

/** More revisions than can have been lost. */
const MARGIN = 1_000_000;

/**
 * Writes the values that are right over those that are not. Which are, follows from what is there, unless the operator says
 * it: etcd's, unless it was lost or is behind what the database has of it. Throws `AdminError` when that cannot be told.
 */
export async function repair(parts: AdminParts, given: Source | undefined): Promise<void> {
  const store = await configRelay.findConfigStore(parts.db);
  if (store.kind !== 'etcd') throw new AdminError('the values are in the database: there is nothing to repair');
  const { meta, revision } = await findMeta(parts);
  const source = given ?? sourceOf(store, meta, revision);
  if (source === 'postgres') return repairEtcd(parts, store);
  if (meta === null) throw new AdminError('etcd has no values: repair them --from postgres');
  if (isHalfCopied(store, meta))
    throw new AdminError('etcd has a part of the values, of a copy that did not end: repair them --from postgres');
  await repairDatabase(parts, store, meta);
}

function sourceOf({ epoch, revision_seen }: configRelay.ConfigStoreRow, meta: Meta | null, revision: number): Source {
  if (meta === null || isHalfCopied({ epoch }, meta) || revision < revision_seen) return 'postgres';
  if (meta.epoch === epoch) return 'etcd';
  throw new AdminError(
    `etcd has the epoch ${meta.epoch}, the database expects ${epoch}: say which values are right with --from etcd or --from postgres. The others are overwritten`,
  );
}

/** The database names the epoch of a copy when all of it is there. */
function isHalfCopied({ epoch }: Pick<configRelay.ConfigStoreRow, 'epoch'>, meta: Meta): boolean {
  return meta.state === 'copying' && meta.epoch !== epoch;
}

async function repairEtcd(parts: AdminParts, store: configRelay.ConfigStoreRow): Promise<void> {
  parts.say('the values of the database are written to etcd; what etcd had acknowledged and not yet relayed is lost');
  const { keys, ...made } = await bookkeep(parts.db, async (tx) => {
    await holdStore(tx, store);
    return copyToEtcd(parts, tx, { action: 'repaired', margin: MARGIN });
  });
  await makeReady(parts, made);
  parts.say(`${keys} keys are in etcd, epoch ${made.epoch}: cursors of before are refused, watchers begin anew`);
  parts.say(WRITES_ACCEPTED);
}

async function repairDatabase(parts: AdminParts, store: configRelay.ConfigStoreRow, meta: Meta): Promise<void> {
  if (meta.epoch !== store.epoch)
    await bookkeep(parts.db, (tx) => configRelay.updateConfigStore(tx, { kind: 'etcd', epoch: meta.epoch }));
  // A value that is compared must not be one whose own audit row and event still wait.
  parts.say(WRITES_REFUSED);
  await putMeta(parts, { ...meta, state: 'frozen' });
  await drain(parts);
  const brought = await bookkeep(parts.db, async (tx) => {
    await holdStore(tx, { kind: 'etcd', epoch: meta.epoch });
    return copyToDatabase(parts, tx, meta.base);
  });
  const { keys, restored, gaps, orphans } = brought;
  parts.say(`${keys} keys are compared, ${restored} of them were older in the database and came back`);
  if (gaps > 0)
    parts.say(
      `${gaps} keys have versions that nobody has any more: the audit log names them (config.history_shortened)`,
    );
  if (orphans > 0)
    parts.say(`${orphans} keys are of projects that the database does not have: they stay in etcd as they are`);
  await makeReady(parts, meta);
  parts.say(WRITES_ACCEPTED);
}
