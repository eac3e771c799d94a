/** Signs the logs that grew, and takes the checkpoint over all of them outside. */
import { auditSealing } from '@tenant-registry/db';
import type { Dependencies } from '../../../kernel/context.ts';
import type { Worker } from '../../../kernel/worker.ts';
import { dueAt } from './due.ts';
import { WAITING_MAX } from './monitor.ts';
import { hasGrown, signGrownLogs } from './round.ts';

const NAME = 'audit-checkpoint';

/** Looks each second. When the last round was, is read from the database, so that more replicas make no more checkpoints. */
export const checkpointWorker: Worker = {
  name: NAME,
  idleMs: 1_000,
  runOnce: checkpoint,
};

/** Does a round when one is due; returns how many checkpoints it signed. */
async function checkpoint(deps: Dependencies): Promise<number> {
  const { db, clock, audit } = deps;
  const { sealing, signing, checkpointSeconds } = audit;
  const last = await auditSealing.findCheckpoint(db, auditSealing.REGISTRY_LOG);
  const waiting = await auditSealing.findUnsealedCount(db, WAITING_MAX);
  sealing.monitor.measured({ waiting, checkpointAt: last === undefined ? null : new Date(last.created_at) });
  const nowMs = clock().getTime();
  if (signing.signers.length === 0 || nowMs < sealing.restsUntilMs) return 0;
  const isDue = nowMs >= dueAt(last, checkpointSeconds) && (await hasGrown(db));
  sealing.monitor.due(isDue);
  const signed = isDue ? await round(deps) : 0;
  sealing.monitor.due(false);
  await anchor(deps);
  return signed;
}

async function round(deps: Dependencies): Promise<number> {
  const { logger, audit } = deps;
  const { monitor, anchors } = audit.sealing;
  const { signed, refused, anchor } = await signGrownLogs(deps);
  monitor.signed(signed);
  if (anchor !== null) {
    anchors.add(anchor);
    monitor.measured({
      waiting: await auditSealing.findUnsealedCount(deps.db, WAITING_MAX),
      checkpointAt: new Date(anchor.at),
    });
  }
  if (refused.length === 0) return signed;
  for (const { log, size, signed_size, reason } of refused)
    logger.error(
      { worker: NAME, log, size, signedSize: signed_size, reason },
      'an audit log was not signed: what is stored does not continue its last checkpoint',
    );
  monitor.refused(refused.length);
  rest(deps);
  return signed;
}

/** What could not be written is kept, and written with the next round. */
async function anchor(deps: Dependencies): Promise<void> {
  const { logger, audit } = deps;
  try {
    await audit.sealing.anchors.write();
  } catch (err) {
    logger.error({ err, worker: NAME }, 'AUDIT_ANCHOR_FILE could not be written: its lines follow with the next round');
    audit.sealing.monitor.anchorFailed();
    rest(deps);
  }
}

/** Until the next round would be due: what failed is told once a round, and not once a second. */
function rest({ clock, audit }: Dependencies): void {
  audit.sealing.restsUntilMs = clock().getTime() + audit.checkpointSeconds * 1_000;
}
