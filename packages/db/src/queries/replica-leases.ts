/** Leases of replicas on what they remember, and the marks that tell them to forget (docs/decisions/0008-leases.md). */
import { sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';

/** The channel that announces a commit with marks; the payload is the lease of the marking replica, or empty. */
export const LEASE_CHANNEL = 'tenant_registry_authority';

export interface ReplicaMark {
  readonly id: string;
  readonly tenant_ids: readonly string[];
}

export interface PlacedMark {
  readonly id: string;
  readonly replica_id: string;
  /** The longest time that the replica's lease may outlive its last renewal. */
  readonly lease_ms: number;
}

export interface OpenMark {
  readonly id: string;
  readonly replica_id: string;
  /** The replica's count of acknowledgements when the mark was seen to be open. */
  readonly acks: number;
}

/** Makes a lease. It waits for the transactions that have marked, and fails with a lock timeout when one of them lingers. */
export async function insertReplicaLease(db: Db, id: string, leaseMs: number): Promise<void> {
  await sql`select acquire_replica_lease(${id}::uuid, ${leaseMs}::integer)`.execute(db);
}

/**
 * Lists the open marks of the lease, of committed transactions; undefined when there is no such lease. One statement
 * reads both at one moment.
 */
export async function listReplicaMarks(db: Db, replicaId: string): Promise<ReplicaMark[] | undefined> {
  const { rows } = await sql<{ id: string | null; tenant_ids: string[] | null }>`
    select mark.id, mark.tenant_ids
    from replica_leases lease left join replica_marks mark on mark.replica_id = lease.id
    where lease.id = ${replicaId}`.execute(db);
  if (rows.length === 0) return undefined;
  return rows.flatMap(({ id, tenant_ids }) => (id === null ? [] : [{ id, tenant_ids: tenant_ids ?? [] }]));
}

/**
 * Acknowledges marks; false when the lease is gone. It changes the lease's own row: a replica that is about to end the
 * lease waits for that, and then finds another row than the one it has seen.
 */
export async function deleteReplicaMarks(db: Db, replicaId: string, markIds: readonly string[]): Promise<boolean> {
  const { rows } = await sql`
    with lease as (
      update replica_leases set acks = acks + 1 where id = ${replicaId} returning id
    ), acknowledged as (
      delete from replica_marks using lease where replica_id = lease.id and replica_marks.id = any(${markIds}::uuid[])
    )
    select id from lease`.execute(db);
  return rows.length > 0;
}

/**
 * Marks every lease but the caller's, and announces that when the transaction commits. A new lease waits for this
 * insert, also for one that inserts no row.
 */
export async function appendReplicaMarks(
  tx: Tx,
  tenantIds: readonly string[],
  ownLease: string | null,
): Promise<PlacedMark[]> {
  const { rows } = await sql<PlacedMark>`
    with mark as (
      insert into replica_marks (replica_id, tenant_ids)
      select id, ${tenantIds}::uuid[] from replica_leases where id is distinct from ${ownLease}::uuid
      returning id, replica_id
    )
    select mark.id, mark.replica_id, lease.lease_ms, pg_notify(${LEASE_CHANNEL}, ${ownLease ?? ''})
    from mark join replica_leases lease on lease.id = mark.replica_id`.execute(tx);
  return rows.map(({ id, replica_id, lease_ms }) => ({ id, replica_id, lease_ms }));
}

/** Lists the open marks of committed changes of the tenant's authority. */
export async function listMarksOf(db: Db, tenantId: string): Promise<PlacedMark[]> {
  const { rows } = await sql<PlacedMark>`
    select mark.id, mark.replica_id, lease.lease_ms
    from replica_marks mark join replica_leases lease on lease.id = mark.replica_id
    where mark.tenant_ids @> ${[tenantId]}::uuid[]`.execute(db);
  return rows;
}

/** Lists those of the marks that are open: neither acknowledged, nor of a lease that has ended. */
export async function listOpenMarks(db: Db, markIds: readonly string[]): Promise<OpenMark[]> {
  const { rows } = await sql<OpenMark>`
    select mark.id, mark.replica_id, lease.acks
    from replica_marks mark join replica_leases lease on lease.id = mark.replica_id
    where mark.id = any(${markIds}::uuid[])`.execute(db);
  return rows;
}

/**
 * Ends a lease: the caller's own or, with `acks`, that of a replica that has acknowledged nothing since that count was
 * read.
 */
export async function deleteReplicaLease(db: Db, id: string, acks?: number): Promise<void> {
  await sql`
    with ended as (
      delete from replica_leases where id = ${id} and acks = coalesce(${acks ?? null}::bigint, acks) returning id
    )
    delete from replica_marks using ended where replica_id = ended.id`.execute(db);
}
