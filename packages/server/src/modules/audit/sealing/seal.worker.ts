/** Seals audit rows: each becomes a leaf of its tenant's log, one process at a time. */
import { auditSealing, type Tx } from '@tenant-registry/db';
import type { Dependencies } from '../../../kernel/context.ts';
import { bookkeep } from '../../../kernel/transact.ts';
import type { Worker } from '../../../kernel/worker.ts';
import { type SealedRow, type Telling, tellOf } from './audit-event.ts';
import { Growth } from './leaves.ts';

const NAME = 'audit-seal';
/** Of one batch. */
const BYTES_MAX = 8_388_608;

/** Whoever holds the row of audit_head seals a batch; all others look again later, as with the sequencer of events. */
export const sealWorker: Worker = {
  name: NAME,
  idleMs: 1_000,
  wokenBy: 'queued',
  runOnce: sealBatch,
};

type Parts = Pick<Dependencies, 'db' | 'logger' | 'signals'> & Telling;

/**
 * Seals one batch and returns how many tickets it took; 0 also when another process is at it. A row that cannot be sealed is
 * told and left out for a while, so that it holds up no other.
 */
export async function sealBatch(parts: Parts): Promise<number> {
  const { db, logger, signals, audit } = parts;
  const tried: string[] = [];
  try {
    const { gone, taken, told } = await bookkeep(db, (tx) => seal(tx, parts, tried));
    if (taken > 0) audit.sealing.pace.succeeded();
    if (told > 0) signals.tell('queued');
    if (gone.length > 0)
      logger.error(
        { worker: NAME, rows: gone.slice(0, 20), count: gone.length },
        'audit rows went before they were sealed',
      );
    return taken;
  } catch (err) {
    return failed(parts, tried, err);
  }
}

/** Has smaller batches follow, and returns of how many rows the failed one was. Throws what has to do with no row. */
function failed({ logger, audit }: Parts, tried: readonly string[], err: unknown): number {
  const [first] = tried;
  if (first === undefined) throw err;
  const isLeftOut = audit.sealing.pace.failed({ rows: tried.length, first });
  if (isLeftOut)
    logger.error({ err, worker: NAME, row: first }, 'an audit row cannot be sealed: it is left out for now');
  else logger.warn({ err, worker: NAME, rows: tried.length }, 'audit rows were not sealed: smaller batches follow');
  return tried.length;
}

interface Batch {
  readonly taken: number;
  readonly gone: readonly string[];
  /** Events that carry rows. */
  readonly told: number;
}

const NOTHING: Batch = { taken: 0, gone: [], told: 0 };

/** Notes the rows that it tries to seal. */
async function seal(tx: Tx, telling: Telling, tried: string[]): Promise<Batch> {
  if (!(await auditSealing.claimAuditHead(tx))) return NOTHING;
  const { pace } = telling.audit.sealing;
  const bounds = { limit: pace.rowsMax(), bytesMax: BYTES_MAX, leftOut: pace.leftOut() };
  const waiting = await auditSealing.listUnsealed(tx, bounds);
  if (waiting.length === 0) return NOTHING;
  tried.push(...waiting.map(({ event_id }) => event_id));
  const growth = new Growth(await auditSealing.listAuditLogs(tx, [...new Set(waiting.map(({ log }) => log))]));
  const sealed: SealedRow[] = [];
  for (const { log, row } of waiting) if (row !== null) sealed.push({ log, index: growth.addRow(log, row), row });
  await auditSealing.appendLeaves(tx, growth.sealed());
  await auditSealing.deleteUnsealed(tx, tried);
  const told = await tellOf(tx, sealed, telling);
  const gone = waiting.filter(({ row }) => row === null).map(({ event_id }) => event_id);
  return { taken: waiting.length, gone, told };
}
