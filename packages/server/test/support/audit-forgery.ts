/** What a superuser can do to the audit log, always within a transaction that is rolled back. */
import { createHash, randomUUID } from 'node:crypto';
import { audit, auditSealing, type Db, type Tx } from '@tenant-registry/db';
import { sql } from 'kysely';
import { Growth } from '../../src/modules/audit/sealing/leaves.ts';
import { registryEntry } from '../../src/modules/audit/sealing/registry-entry.ts';
import { append, frontierOf, rootOf } from '../../src/modules/audit/tree/merkle.ts';
import { checkpointText, parseVerifier, signerOf, signNote } from '../../src/modules/audit/tree/note.ts';
import type { AnchorText } from '../../src/modules/audit/verify/anchors.ts';
import type { Finding } from '../../src/modules/audit/verify/finding.ts';
import { asBuffer } from '../../src/modules/audit/verify/rows.ts';
import { rootOfHashes } from '../../src/modules/audit/verify/tile.ts';
import { Tower } from '../../src/modules/audit/verify/tower.ts';
import { type Verified, verifyAudit } from '../../src/modules/audit/verify/verify.ts';

const { REGISTRY_LOG } = auditSealing;
const TILE_WIDTH = 256;

class RolledBack extends Error {}

/** Runs the work as a superuser whom no trigger stops, and takes all of it back. */
export async function forged<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  let result: { readonly value: T } | undefined;
  try {
    await db.transaction().execute(async (tx) => {
      await sql`set local session_replication_role = replica`.execute(tx);
      result = { value: await work(tx) };
      throw new RolledBack();
    });
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
  }
  return (result as { readonly value: T }).value;
}

export interface Outcome extends Verified {
  readonly found: readonly Finding[];
}

export interface VerifyIn {
  readonly tenant?: string;
  /** Absent: the key of the tests. */
  readonly keys?: readonly string[];
  readonly anchors?: readonly AnchorText[];
}

export const signer = signerOf('registry.example/audit', Buffer.alloc(32, 0x0f));

/** Verifies what the transaction sees. */
export async function verifyIn(
  db: Db,
  { tenant, keys = [signer.verifier], anchors = [] }: VerifyIn = {},
): Promise<Outcome> {
  const found: Finding[] = [];
  const verified = await verifyAudit(db, {
    tenant,
    verifiers: keys.map(parseVerifier),
    anchors,
    report: (finding) => found.push(finding),
    progress: { begin() {}, done() {}, end() {} },
    together: db.isTransaction ? (_, work) => work(db) : undefined,
  });
  return { ...verified, found };
}

/** A finding in short: `changed 10 [who]`. */
export function brief({ kind, severity, index, other, level, tile, size, in: parts }: Finding): string {
  return [
    severity === 'finding' ? kind : `${severity} ${kind}`,
    index === undefined ? null : `${index}`,
    other === undefined ? null : `with ${other}`,
    tile === undefined ? null : `tile ${level}/${tile}`,
    size === undefined ? null : `at ${size}`,
    parts === undefined ? null : `[${parts.join()}]`,
  ]
    .filter((part) => part !== null)
    .join(' ');
}

/** Seals what waits, as the worker does. */
export async function sealIn(tx: Tx): Promise<void> {
  const bounds = { limit: 2_000, bytesMax: Number.MAX_SAFE_INTEGER, leftOut: [] };
  const waiting = await auditSealing.listUnsealed(tx, bounds);
  const logs = await auditSealing.listAuditLogs(tx, [...new Set(waiting.map(({ log }) => log))]);
  const growth = new Growth(logs);
  for (const { log, row } of waiting) if (row !== null) growth.addRow(log, row);
  await auditSealing.appendLeaves(tx, growth.sealed());
  await auditSealing.deleteUnsealed(
    tx,
    waiting.map(({ event_id }) => event_id),
  );
}

/** Appends a row with a ticket, which a trigger gives where triggers are on. */
export async function appendIn(tx: Tx, event: Partial<audit.NewAuditEvent>): Promise<string> {
  const id = event.id ?? randomUUID();
  const row = {
    actor_type: 'system',
    actor_id: 'test',
    action: 'report.exported',
    metadata: {},
    created_at: new Date(),
    origin: 'registry',
    ...event,
    id,
  } as audit.NewAuditEvent;
  await audit.appendAuditEvent(tx, row);
  await sql`
    insert into audit_unsealed (event_id, tenant_id)
    values (${id}, coalesce(${event.tenant_id ?? null}::uuid, ${auditSealing.PLATFORM_LOG}::uuid))
    on conflict do nothing`.execute(tx);
  return id;
}

export interface JobDone {
  readonly log: string;
  /** Null: as for a log whose tenant was deleted. */
  readonly tenant?: string | null;
  readonly groups: readonly ('who' | 'what')[];
  readonly indexes: readonly number[];
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');

/** Writes a record of a job and the audit row that says so, and returns its id. Gives the row no seal. */
export async function recordIn(
  tx: Tx,
  { log, tenant = log, groups, indexes }: JobDone,
  event: Partial<audit.NewAuditEvent> = {},
  said: (metadata: Record<string, unknown>) => Record<string, unknown> = (metadata) => metadata,
): Promise<string> {
  const job_id = randomUUID();
  const kind = groups.length === 0 ? 'prune' : 'redact';
  await sql`
    insert into audit_jobs (id, kind, tenant_id, groups, actor_id)
    values (${job_id}, ${kind}, ${log}, ${[...groups]}::text[], ${kind === 'redact' ? 'u-1' : null})`.execute(tx);
  const { rows } = await sql<{ leaves: string }>`
    select range_agg(int8range(i, i + 1))::text as leaves from unnest(${[...indexes]}::bigint[]) as i`.execute(tx);
  const leaves = rows[0]?.leaves ?? '{}';
  const event_id = await appendIn(tx, {
    tenant_id: tenant,
    action: kind === 'redact' ? 'audit.redacted' : 'audit.pruned',
    metadata: said({ job_id, log, tenant_id: tenant, rows: indexes.length, groups, leaves_sha256: digestOf(leaves) }),
    ...event,
  });
  await sql`
    insert into audit_job_records (event_id, job_id, tenant_id, groups, leaves)
    values (${event_id}, ${job_id}, ${log}, ${[...groups]}::text[], ${leaves}::int8multirange)`.execute(tx);
  return event_id;
}

/** Blanks groups of rows and destroys their salts. */
export async function blankIn(tx: Tx, { log, groups, indexes }: JobDone): Promise<void> {
  const those = sql`tenant_id = ${log} and index = any(${[...indexes]}::bigint[])`;
  const ids = sql`id in (select event_id from audit_leaves where ${those})`;
  if (groups.includes('who'))
    await sql`update audit_log set actor_id = 'redacted', actor_name = null, source_ip = null, reported_by = null where ${ids}`.execute(
      tx,
    );
  if (groups.includes('what'))
    await sql`
      update audit_log set target_id = case when target_id is not null then 'redacted' end, target_name = null,
        description = null, external_id = null, extra = null, metadata = '{}' where ${ids}`.execute(tx);
  for (const group of groups)
    await sql`update audit_leaves set ${sql.ref(`${group}_salt`)} = null where ${those}`.execute(tx);
}

/** Deletes rows. */
export async function deleteRowsIn(tx: Tx, { log, indexes }: Pick<JobDone, 'log' | 'indexes'>): Promise<void> {
  await sql`
    delete from audit_log where id in (
      select event_id from audit_leaves where tenant_id = ${log} and index = any(${[...indexes]}::bigint[])
    )`.execute(tx);
}

/** Makes tiles and the end of a log fit its leaves, of which those from a size on go. */
export async function rebuildIn(tx: Tx, log: string, size?: number): Promise<void> {
  if (size !== undefined) await sql`delete from audit_leaves where tenant_id = ${log} and index >= ${size}`.execute(tx);
  await sql`delete from audit_tiles where tenant_id = ${log}`.execute(tx);
  const hashes = await leafHashesIn(tx, log);
  const tower = new Tower();
  const write = (level: number, tile: number, bytes: Buffer) =>
    tx.insertInto('audit_tiles').values({ tenant_id: log, level, tile, hashes: bytes }).execute();
  for (let tile = 0; (tile + 1) * TILE_WIDTH <= hashes.length; tile++) {
    const part = hashes.slice(tile * TILE_WIDTH, (tile + 1) * TILE_WIDTH);
    await write(0, tile, Buffer.concat(part));
    tower.addTile(rootOfHashes(part));
  }
  for (const { level, tile, hashes: bytes } of tower.take(true)) await write(level, tile, bytes);
  const frontier = tower.frontierWith(hashes.slice(tower.tiles * TILE_WIDTH));
  await sql`
    update audit_logs set size = ${hashes.length}, frontier = ${frontier}, checked_size = least(${hashes.length}, coalesce(
      (select max(c.size) from audit_checkpoints as c where c.tenant_id = ${log}), 0
    )) where tenant_id = ${log}`.execute(tx);
}

/** Gives every leaf of a log new salts, and makes everything above fit. */
export async function resaltIn(tx: Tx, log: string): Promise<void> {
  const { rows } = await sql<audit.AuditRow & { index: number }>`
    select l.index, a.* from audit_leaves as l join audit_log as a on a.id = l.event_id
    where l.tenant_id = ${log} order by l.index`.execute(tx);
  const growth = new Growth([]);
  for (const row of rows) growth.addRow(log, row);
  for (const leaf of growth.sealed().leaves)
    await sql`
      update audit_leaves set hash = decode(${leaf.hash}, 'hex'), who_hash = decode(${leaf.who_hash}, 'hex'),
        what_hash = decode(${leaf.what_hash}, 'hex'), who_salt = decode(${leaf.who_salt}, 'hex'),
        what_salt = decode(${leaf.what_salt}, 'hex')
      where tenant_id = ${log} and index = ${leaf.index}`.execute(tx);
  await rebuildIn(tx, log);
}

/** Takes the end of a log away, with every trace of it in the log of checkpoints. */
export async function cutIn(tx: Tx, log: string, size: number): Promise<void> {
  await sql`
    delete from audit_log where id in (select event_id from audit_leaves where tenant_id = ${log} and index >= ${size})`.execute(
    tx,
  );
  const { rows } = await sql<{ first: number | null }>`
    select min(registry_index) as first from audit_checkpoints where tenant_id = ${log} and size > ${size}`.execute(tx);
  const registrySize = rows[0]?.first ?? null;
  if (registrySize !== null) {
    await sql`delete from audit_checkpoints where registry_index >= ${registrySize}`.execute(tx);
    await sql`delete from audit_checkpoints where tenant_id = ${REGISTRY_LOG} and size > ${registrySize}`.execute(tx);
    await rebuildIn(tx, REGISTRY_LOG, registrySize);
  }
  await rebuildIn(tx, log, size);
  await sql`
    update audit_logs as l set checked_size = coalesce(
      (select max(c.size) from audit_checkpoints as c where c.tenant_id = l.tenant_id), 0
    )`.execute(tx);
}

/** Signs a log as it is, with its entry in the log of checkpoints, and that too. */
export async function signIn(tx: Tx, log: string): Promise<void> {
  const growth = new Growth(await auditSealing.listAuditLogs(tx, [REGISTRY_LOG]));
  const { size, root } = await endIn(tx, log);
  const registry_index = growth.addText(REGISTRY_LOG, registryEntry({ log, size, root }));
  const signed = (of: string, at: { size: number; root: Buffer }) =>
    signNote(checkpointText({ origin: `${signer.name}/${of}`, ...at }), [signer]);
  await auditSealing.insertCheckpoints(tx, [
    { tenant_id: log, size, root, note: signed(log, { size, root }), registry_index, created_at: new Date() },
  ]);
  await auditSealing.appendLeaves(tx, growth.sealed());
  const over = await endIn(tx, REGISTRY_LOG);
  const note = signed(REGISTRY_LOG, over);
  await auditSealing.insertCheckpoints(tx, [{ tenant_id: REGISTRY_LOG, ...over, note, created_at: new Date() }]);
}

async function endIn(tx: Tx, log: string): Promise<{ size: number; root: Buffer }> {
  const frontier = frontierOf(0, Buffer.alloc(0));
  for (const hash of await leafHashesIn(tx, log)) append(frontier, hash);
  return { size: frontier.size, root: rootOf(frontier) };
}

async function leafHashesIn(tx: Tx, log: string): Promise<Buffer[]> {
  const leaves = await tx
    .selectFrom('audit_leaves')
    .select('hash')
    .where('tenant_id', '=', log)
    .orderBy('index')
    .execute();
  return leaves.map(({ hash }) => asBuffer(hash));
}
