/** Audit rows as events, while somebody asks for them. */
import { createHash } from 'node:crypto';
import { type audit, auditSealing, outbox, type Tx } from '@tenant-registry/db';
import type { Dependencies } from '../../../kernel/context.ts';
import { unauditedOf } from '../../../kernel/transact/entry.ts';
import { toEvent } from '../row.ts';
import { auditEventSealed } from './schema.ts';

/** A row and its place in its log. */
export interface SealedRow {
  readonly log: string;
  readonly index: number;
  readonly row: audit.AuditRow;
}

/** Returns the id of the event that carries the row: the same for ever, and another than that of the row. A UUID, version 8. */
export function auditEventIdOf(auditId: string): string {
  const bytes = createHash('sha256').update(`audit.event ${auditId}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/**
 * Puts the event of each row that somebody asks for into the outbox, in their order, and returns how many. Who asks is known
 * from the webhooks as they are; with AUDIT_EVENTS=always it is not asked.
 */
export async function tellOf(tx: Tx, rows: readonly SealedRow[], { audit, clock }: Telling): Promise<number> {
  const wanted = audit.events === 'always' ? rows : await subscribed(tx, rows);
  if (wanted.length === 0) return 0;
  const now = clock();
  await outbox.appendOutboxEvents(
    tx,
    wanted.map((sealed) => outboxEventOf(sealed, now)),
  );
  return wanted.length;
}

export type Telling = Pick<Dependencies, 'audit' | 'clock'>;

async function subscribed(tx: Tx, rows: readonly SealedRow[]): Promise<readonly SealedRow[]> {
  const owners = new Set(await auditSealing.listAuditSubscribers(tx));
  // A webhook of the platform hears of every tenant.
  return owners.has(null) ? rows : rows.filter(({ row: { tenant_id } }) => tenant_id !== null && owners.has(tenant_id));
}

function outboxEventOf({ log, index, row }: SealedRow, at: Date): outbox.NewOutboxEvent {
  return unauditedOf(auditEventSealed, { log, index, event: toEvent(row) }, { id: auditEventIdOf(row.id), at });
}
