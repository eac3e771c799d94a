/** Moves the values of all configurations from one store to the other. Killed anywhere, it may be repeated. */
import { setTimeout as pause } from 'node:timers/promises';
import { configRelay } from '@tenant-registry/db';
import { bookkeep } from '../../../../../kernel/transact.ts';
import type { Meta } from '../meta.ts';
import {
  AdminError,
  type AdminParts,
  findMeta,
  holdStore,
  makeReady,
  newEpoch,
  putMeta,
  recordChange,
  WRITES_ACCEPTED,
  WRITES_REFUSED,
} from './parts.ts';
import { copyToDatabase } from './to-database.ts';
import { copyToEtcd } from './to-etcd.ts';

/**
 * Copies everything into etcd while writers wait, and makes it the store. Throws `AdminError` when the prefix in etcd holds the
 * values of another installation, unless they may be overwritten.
 */
export async function moveToEtcd(parts: AdminParts, { overwrite }: { readonly overwrite: boolean }): Promise<void> {
  const store = await configRelay.findConfigStore(parts.db);
  const { meta } = await findMeta(parts);
  if (store.kind === 'etcd') return finish(parts, store, meta);
  if (meta?.state === 'ready' && !overwrite)
    throw new AdminError(
      `etcd has values under ${parts.keys.prefix} that are in use, or were before the database was restored: choose another ETCD_PREFIX, or add --overwrite`,
    );
  parts.say('writers wait from here on');
  const { keys, ...made } = await bookkeep(parts.db, async (tx) => {
    await holdStore(tx, store);
    return copyToEtcd(parts, tx, { action: 'moved', margin: 0 });
  });
  await makeReady(parts, made);
  parts.say(`${keys} keys are in etcd, epoch ${made.epoch}: start the registry with CONFIG_STORE=etcd`);
}

/** The values are there; a move back that was begun, or one that was killed at its end, is ended. */
async function finish(parts: AdminParts, { epoch }: configRelay.ConfigStoreRow, meta: Meta | null): Promise<void> {
  if (meta === null || meta.epoch !== epoch) throw new AdminError('etcd has lost the values: run `configs repair`');
  if (meta.state !== 'ready') {
    await makeReady(parts, meta);
    parts.say(WRITES_ACCEPTED);
  }
  parts.say('the values are in etcd: nothing is left to do');
}

/** Refuses writes, brings everything into the database, and makes it the store. Throws `AdminError` when etcd has to be repaired. */
export async function moveToPostgres(parts: AdminParts): Promise<void> {
  const store = await configRelay.findConfigStore(parts.db);
  const { meta, revision } = await findMeta(parts);
  if (store.kind === 'postgres') {
    if (meta !== null && meta.state === 'frozen') await putMeta(parts, { ...meta, state: 'left' });
    parts.say('the values are in the database: nothing is left to do');
    return;
  }
  if (meta === null || meta.epoch !== store.epoch || revision < store.revision_seen)
    throw new AdminError('etcd is not what the database says it was: run `configs repair` first');
  await putMeta(parts, { ...meta, state: 'frozen' });
  parts.say(WRITES_REFUSED);
  await drain(parts);
  const epoch = newEpoch();
  const { keys, orphans } = await bookkeep(parts.db, async (tx) => {
    await holdStore(tx, store);
    if ((await findMeta(parts)).meta?.state !== 'frozen')
      throw new AdminError('another command has let writes into etcd meanwhile: nothing was moved');
    const brought = await copyToDatabase(parts, tx, meta.base);
    await configRelay.updateConfigStore(tx, { kind: 'postgres', epoch });
    const told = { action: 'moved', source: 'etcd', kind: 'postgres', epoch, keys: brought.keys } as const;
    await recordChange(parts, tx, told);
    return brought;
  });
  await putMeta(parts, { ...meta, state: 'left' });
  if (orphans > 0) parts.say(`${orphans} keys stay in etcd: the database does not have their projects`);
  parts.say(
    `${keys - orphans} keys are in the database, epoch ${epoch}: start the registry with CONFIG_STORE=postgres`,
  );
}

const PAUSE_MS = 100;
const PATIENCE_MS = 60_000;

/** Brings what waits into the database. Throws `AdminError` when it does not end. */
export async function drain({ relay, say }: Pick<AdminParts, 'relay' | 'say'>): Promise<void> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    const relayed = await relay.turn(patience);
    if (relayed > 0) say(`${relayed} changes are brought into the database`);
    if (relay.waiting() <= relay.orphans()) return;
    if (patience.aborted)
      throw new AdminError(
        `${relay.waiting()} changes still wait in etcd for the database, and writes stay refused: the log above says why they wait; then repeat the command, or let writes in with \`configs move --to=etcd\``,
      );
    if (relayed === 0) await pause(PAUSE_MS);
  }
}
