/** Proofs of the audit log: computed from what is stored, to be checked by anybody. */
import { audit, auditProofs, auditSealing, type Db, tenants } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import { type DomainError, kernelErrors } from '../../../kernel/errors.ts';
import { reachable, spanOf } from '../../../kernel/reach.ts';
import { dueAt } from '../sealing/due.ts';
import { registryEntry } from '../sealing/registry-entry.ts';
import { originOfLog } from '../sealing/signing.ts';
import { consistencyOf, inclusionOf } from '../sealing/stored-tree.ts';
import { entryOf, whatOf, whoOf } from '../tree/leaf.ts';
import { proofErrors } from './errors.ts';
import type {
  AuditCheckpoint,
  AuditConsistency,
  AuditProof,
  AuditVerifiers,
  CheckpointInput,
  ConsistencyInput,
  ProofInput,
} from './schema.ts';

/** From a due moment until a checkpoint is there: the worker looks each second. */
const ROUND_SECONDS = 2;

/**
 * Returns what shows that an event is in the log which was signed. Throws `not_found`, `not_sealed`, `checkpoints_off`, and
 * `size_unknown` for a size that no checkpoint has or that is too small for the event.
 */
export async function proveAuditEvent(ctx: ActorContext, { id, size: asked }: ProofInput): Promise<AuditProof> {
  const row = reachable(ctx, await audit.findAuditEvent(ctx.db, id));
  const leaf = await auditProofs.findProvableLeaf(ctx.db, id, asked);
  if (leaf === undefined) throw await notCovered(ctx);
  const { log, index, size, note } = leaf;
  if (asked !== undefined && asked !== size) throw unknownSize('/size');
  if (size === null || note === null) throw await notCovered(ctx);
  if (size <= index) throw asked === undefined ? await notCovered(ctx) : smallSize();
  const [who, what] = [hexOf(leaf.who_hash), hexOf(leaf.what_hash)];
  return {
    ...named(ctx, log),
    index,
    entry: entryOf(row, { log, who, what }),
    leaf_hash: base64Of(leaf.hash),
    who: { ...opened(leaf.who_salt, whoOf(row)), hash: who },
    what: { ...opened(leaf.what_salt, whatOf(row)), hash: what },
    size,
    path: (await inclusionOf(ctx.db, log, { index, size })).map(base64Of),
    checkpoint: note,
  };
}

/** Returns the newest checkpoint of a log. Throws `not_found`, `not_sealed`, `checkpoints_off`. */
export async function getAuditCheckpoint(ctx: ActorContext, asked: CheckpointInput): Promise<AuditCheckpoint> {
  const { db, log } = logOf(ctx, asked);
  const checkpoint = await newestOf(ctx, db, log);
  const { size, root, note, created_at } = checkpoint;
  const registry = await registered(ctx, checkpoint);
  return { ...named(ctx, log), size, root: base64Of(root), note, created_at, registry };
}

/** Returns what shows that a log only grew from one size to another. Throws `not_found`, `not_sealed`, `checkpoints_off`, `size_unknown`. */
export async function proveAuditConsistency(
  ctx: ActorContext,
  { first, second: asked, ...which }: ConsistencyInput,
): Promise<AuditConsistency> {
  const { db, log } = logOf(ctx, which);
  const newest = await newestOf(ctx, db, log);
  const second = asked ?? newest.size;
  if (second > newest.size) throw unknownSize('/second');
  if (first > second) throw unknownSize('/first');
  const checkpoint = second === newest.size ? newest : await auditSealing.findCheckpoint(db, log, second);
  return {
    ...named(ctx, log),
    first,
    second,
    path: (await consistencyOf(db, log, { first, second })).map(base64Of),
    checkpoint: checkpoint?.note ?? null,
  };
}

/** Returns the public keys of those that sign. */
export function getAuditVerifiers({ audit: { signing } }: ActorContext): AuditVerifiers {
  return { origin: signing.origin, verifiers: signing.signers.map(({ verifier }) => verifier) };
}

interface Which {
  readonly tenant_id?: string | undefined;
  readonly of: 'tenant' | 'registry';
}

/** Returns the id of the log with a handle that sees it. Throws `not_found` for another tenant's. */
function logOf(ctx: ActorContext, { of, ...asked }: Which): { readonly db: Db; readonly log: string } {
  const { tenant_id = auditSealing.PLATFORM_LOG } = spanOf(ctx, asked);
  return of === 'registry' ? { db: ctx.root, log: auditSealing.REGISTRY_LOG } : { db: ctx.db, log: tenant_id };
}

async function newestOf(ctx: ActorContext, db: Db, log: string): Promise<auditSealing.CheckpointRow> {
  const newest = await auditSealing.findCheckpoint(db, log);
  if (newest !== undefined) return newest;
  // A log without a checkpoint is one of a tenant that there is, or of nobody.
  const isTenant = log !== auditSealing.PLATFORM_LOG && log !== auditSealing.REGISTRY_LOG;
  if (isTenant && (await tenants.listTenantIds(ctx.db, [log])).length === 0) throw kernelErrors.notFound();
  throw await notCovered(ctx);
}

async function registered(
  { root: db }: ActorContext,
  { tenant_id: log, size, root, registry_index: index }: auditSealing.CheckpointRow,
): Promise<AuditCheckpoint['registry']> {
  const newest = await auditSealing.findCheckpoint(db, auditSealing.REGISTRY_LOG);
  if (index === null || newest === undefined || newest.size <= index) return null;
  const path = await inclusionOf(db, auditSealing.REGISTRY_LOG, { index, size: newest.size });
  return {
    entry: registryEntry({ log, size, root }),
    index,
    size: newest.size,
    path: path.map(base64Of),
    note: newest.note,
  };
}

/** The error of what no checkpoint covers yet. */
async function notCovered({ root, audit: { signing, checkpointSeconds }, clock }: ActorContext): Promise<DomainError> {
  if (signing.signers.length === 0) return proofErrors.checkpointsOff();
  const last = await auditSealing.findCheckpoint(root, auditSealing.REGISTRY_LOG);
  const leftMs = dueAt(last, checkpointSeconds) - clock().getTime();
  return proofErrors.notSealed({ retryAfter: Math.max(0, Math.ceil(leftMs / 1_000)) + ROUND_SECONDS });
}

function unknownSize(pointer: string): DomainError {
  return proofErrors.sizeUnknown({ errors: [{ pointer, message: 'is not a size that was signed' }] });
}

function smallSize(): DomainError {
  return proofErrors.sizeUnknown({ errors: [{ pointer: '/size', message: 'is too small: the event came later' }] });
}

function named({ audit: { signing } }: ActorContext, log: string) {
  return { log, origin: originOfLog(signing, log) };
}

function opened(salt: Uint8Array | null, value: string) {
  return salt === null ? { salt: null, value: null } : { salt: base64Of(salt), value };
}

const base64Of = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
