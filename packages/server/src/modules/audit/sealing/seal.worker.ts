/** Seals audit rows: each becomes a leaf of its tenant's log, one process at a time. */
import { auditSealing, type Db, type Tx } from '@tenant-registry/db';
import type { Dependencies } from '../../../kernel/context.ts';
import { bookkeep } from '../../../kernel/transact.ts';
import type { Worker } from '../../../kernel/worker.ts';
import { type SealedRow, type Telling, tellOf } from './audit-event.ts';
import { Growth } from './leaves.ts';

const NAME = 'audit-seal';
/** Of one batch. */
const ROWS_MAX = 2_000;
const BYTES_MAX = 8_388_608;

/** Whoever holds the row of audit_head seals a batch; all others look again later, as with the sequencer of events. */
export const sealWorker: Worker = {
  name: NAME,
  idleMs: 1_000,
  wokenBy: 'queued',
  runOnce: sealBatch,
};

/** Seals one batch and returns how many tickets it took; 0 also when another process is at it. */
export async function sealBatch(deps: Pick<Dependencies, 'db' | 'logger' | 'signals'> & Telling): Promise<number> {
  const { gone, taken, told } = await bookkeep(deps.db, (tx) => seal(tx, deps));
  if (told > 0) deps.signals.tell('queued');
  if (gone.length > 0)
    deps.logger.error(
      { worker: NAME, rows: gone.slice(0, 20), count: gone.length },
      'audit rows went before they were sealed',
    );
  return taken;
}

interface Batch {
  readonly taken: number;
  readonly gone: readonly string[];
  /** Events that carry rows. */
  readonly told: number;
}

const NOTHING: Batch = { taken: 0, gone: [], told: 0 };

async function seal(tx: Tx, telling: Telling): Promise<Batch> {
  if (!(await auditSealing.claimAuditHead(tx))) return NOTHING;
  const waiting = await auditSealing.listUnsealed(tx, { limit: ROWS_MAX, bytesMax: BYTES_MAX });
  if (waiting.length === 0) return NOTHING;
  const growth = await growthOf(tx, [...new Set(waiting.map(({ log }) => log))]);
  const sealed: SealedRow[] = [];
  for (const { log, row } of waiting) if (row !== null) sealed.push({ log, index: growth.addRow(log, row), row });
  await auditSealing.appendLeaves(tx, growth.sealed());
  await auditSealing.deleteUnsealed(
    tx,
    waiting.map(({ event_id }) => event_id),
  );
  const told = await tellOf(tx, sealed, telling);
  const gone = waiting.filter(({ row }) => row === null).map(({ event_id }) => event_id);
  return { taken: waiting.length, gone, told };
}

/** Begins a batch in these logs. */
async function growthOf(db: Db, logs: readonly string[]): Promise<Growth> {
  return new Growth(await auditSealing.listAuditLogs(db, logs));
}
