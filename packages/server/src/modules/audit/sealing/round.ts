/** Signs the logs that grew, and then the log of all checkpoints. */
import { auditSealing, type Db, outbox, type Tx } from '@tenant-registry/db';
import type { Dependencies } from '../../../kernel/context.ts';
import { newId } from '../../../kernel/ids.ts';
import { unauditedOf } from '../../../kernel/transact/entry.ts';
import { bookkeep } from '../../../kernel/transact.ts';
import { auditCheckpointSigned } from '../proofs/schema.ts';
import { checkpointText, signNote } from '../tree/note.ts';
import type { Anchor } from './anchors.ts';
import { dueAt } from './due.ts';
import { Growth } from './leaves.ts';
import { registryEntry } from './registry-entry.ts';
import { sealBatch } from './seal.worker.ts';
import { originOfLog } from './signing.ts';
import { type Continued, listContinued, type NotContinued } from './stored-tree.ts';

const { REGISTRY_LOG } = auditSealing;
/** Logs of one transaction, during which nothing is sealed. */
const LOGS_MAX = 500;

type Parts = Pick<Dependencies, 'db' | 'logger' | 'clock' | 'audit' | 'signals'>;

export interface Round {
  /** Checkpoints that were signed, that of the log of all checkpoints included. */
  readonly signed: number;
  /** Logs whose stored tree does not continue what was signed of them. */
  readonly refused: readonly NotContinued[];
  /** The checkpoint of the log of all checkpoints; null: nothing grew, or another process signed it. */
  readonly anchor: Anchor | null;
}

/**
 * Signs every log that grew and continues what was signed of it, in batches of one transaction each, between which rows are
 * sealed, and lastly the log of all checkpoints, whose checkpoint becomes an event in the transaction that signs it. Whatever
 * ends it early is made up for by the next round. Only one process signs or seals at a time, and each looks again whether it
 * is due.
 */
export async function signGrownLogs(parts: Parts): Promise<Round> {
  const refused: NotContinued[] = [];
  let signed = 0;
  let after: string | null = null;
  for (;;) {
    const from: string | null = after;
    const batch: Batch | null = await bookkeep(parts.db, (tx) => signBatch(tx, parts, from));
    if (batch === null) return { signed, refused, anchor: null };
    signed += batch.signed;
    refused.push(...batch.refused);
    after = batch.last;
    if (after !== null) {
      // Whoever else seals does not wait for its turn, and would get none before the round ends.
      await sealBatch(parts);
      continue;
    }
    if (batch.anchor !== null) parts.signals.tell('queued');
    return { signed, refused, anchor: batch.anchor };
  }
}

/** Tells whether there is a log to sign. */
export async function hasGrown(db: Db): Promise<boolean> {
  const [grown] = await auditSealing.listGrownLogs(db, { after: null, limit: 1 });
  return grown !== undefined || (await auditSealing.findGrownRegistryLog(db)) !== undefined;
}

interface Batch extends Round {
  /** The last log of the batch, when there may be more. */
  readonly last: string | null;
}

/** Null: it is not due any more. It waits for its turn: while there is much to seal, the ends of the logs are hardly ever free. */
async function signBatch(tx: Tx, parts: Parts, after: string | null): Promise<Batch | null> {
  await auditSealing.lockAuditHead(tx);
  const last = await auditSealing.findCheckpoint(tx, REGISTRY_LOG);
  if (parts.clock().getTime() < dueAt(last, parts.audit.checkpointSeconds)) return null;
  const grown = await auditSealing.listGrownLogs(tx, { after, limit: LOGS_MAX });
  const { continued, refused } = await listContinued(tx, grown);
  if (continued.length > 0) await signTenants(tx, parts, continued);
  if (grown.length === LOGS_MAX)
    return { signed: continued.length, refused, anchor: null, last: grown.at(-1)?.tenant_id ?? null };
  const registry = await signRegistry(tx, parts);
  const signed = continued.length + (registry.anchor === null ? 0 : 1);
  return { signed, refused: [...refused, ...registry.refused], anchor: registry.anchor, last: null };
}

/** Signs the logs, each checkpoint with its entry in the log of all checkpoints. */
async function signTenants(tx: Tx, { audit: { signing }, clock }: Parts, logs: readonly Continued[]): Promise<void> {
  const growth = new Growth(await auditSealing.listAuditLogs(tx, [REGISTRY_LOG]));
  const rows = logs.map(({ log, size, root }) => ({
    tenant_id: log,
    size,
    root,
    note: noteOf(signing, { log, size, root }),
    registry_index: growth.addText(REGISTRY_LOG, registryEntry({ log, size, root })),
    created_at: clock(),
  }));
  await auditSealing.insertCheckpoints(tx, rows);
  await auditSealing.appendLeaves(tx, growth.sealed());
}

/** Signs the log of all checkpoints when it grew, and tells of it. */
async function signRegistry(tx: Tx, parts: Parts): Promise<Pick<Round, 'refused' | 'anchor'>> {
  const grown = await auditSealing.findGrownRegistryLog(tx);
  if (grown === undefined) return { refused: [], anchor: null };
  const { continued, refused } = await listContinued(tx, [grown]);
  const [log] = continued;
  if (log === undefined) return { refused, anchor: null };
  const { signing } = parts.audit;
  const [note, at] = [noteOf(signing, log), parts.clock()];
  const { size, root } = log;
  await auditSealing.insertCheckpoints(tx, [{ tenant_id: REGISTRY_LOG, size, root, note, created_at: at }]);
  const told = { origin: originOfLog(signing, REGISTRY_LOG), size, root: root.toString('base64'), note };
  // The event has no audit row: the log of the platform would grow by it, and be signed again, for ever.
  await outbox.appendOutboxEvent(tx, unauditedOf(auditCheckpointSigned, told, { id: newId(parts.clock), at }));
  return { refused, anchor: { at: at.toISOString(), ...told } };
}

function noteOf(signing: Parts['audit']['signing'], { log, size, root }: Continued): string {
  return signNote(checkpointText({ origin: originOfLog(signing, log), size, root }), signing.signers);
}
