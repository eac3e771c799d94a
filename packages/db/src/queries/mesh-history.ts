/** Who has an address of a network, and who had it: allocations as they are, and what the audit log tells of them. */
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../handles.ts';
import type { PageRequest } from '../keyset.ts';

/** An address, and the node that has it. */
export interface MeshAddressRow {
  readonly tenant_id: string;
  readonly project_id: string;
  readonly ip: string;
  readonly node_id: string;
  readonly node_name: string;
  readonly allocated_at: string;
}

export interface MeshAddressFilter {
  readonly tenant_id: string;
  readonly project_id?: string | undefined;
}

/** Lists the lowest first, IPv4 before IPv6: one row more than the limit, which tells whether a next page exists. */
export function listMeshAddresses(
  db: Db,
  { tenant_id, project_id }: MeshAddressFilter,
  { limit, after }: PageRequest,
): Promise<MeshAddressRow[]> {
  let query = db
    .selectFrom('domain_mesh_ip_allocations as a')
    .innerJoin('nodes as n', 'n.id', 'a.node_id')
    .select(['a.tenant_id', 'a.project_id', 'a.ip', 'a.node_id', 'n.name as node_name', 'a.allocated_at'])
    .where('a.tenant_id', '=', tenant_id)
    .orderBy('a.ip')
    .limit(limit + 1);
  if (project_id !== undefined) query = query.where('a.project_id', '=', project_id);
  if (after !== undefined) query = query.where('a.ip', '>', sql<string>`${after[0]}::inet`);
  return query.execute();
}

/** That a node got an address or gave it back; `held`: that it has it now. */
export interface MeshAddressEvent {
  readonly action: 'mesh_address.allocated' | 'mesh_address.released' | 'held';
  /** Null: it has it now. */
  readonly id: string | null;
  /** When it was recorded. */
  readonly created_at: string;
  readonly project_id: string;
  readonly node_id: string;
  readonly node_name: string;
  readonly allocated_at: string;
}

interface AskedEvents {
  readonly tenant_id: string;
  /** In any form. */
  readonly ip: string;
  readonly limit: number;
}

/** Where a list of events begins: with a moment, or after the last event seen, by its moment and id. */
type Begin = { readonly until: Date } | { readonly after: readonly [createdAt: string, id: string] };

/**
 * Lists what the registry recorded of the address, newest first, up to the limit. The index of targets answers it: other
 * addresses, and what happened later, are not read. A row that a product reported is never among them.
 */
export async function listMeshAddressEvents(db: Db, asked: AskedEvents & Begin): Promise<MeshAddressEvent[]> {
  const place =
    'until' in asked
      ? sql`created_at <= ${asked.until}`
      : sql`(created_at, id) < (${asked.after[0]}::timestamptz, ${asked.after[1]}::uuid)`;
  const { rows } = await recorded(asked, place).execute(db);
  return rows;
}

/**
 * Lists what the registry recorded of the address, newest first, up to the limit, and before it the allocation as it is: both
 * as they are at one moment.
 */
export async function listMeshAddressEventsNow(db: Db, asked: AskedEvents): Promise<MeshAddressEvent[]> {
  const { tenant_id, ip } = asked;
  const { rows } = await sql<MeshAddressEvent>`
    select null::uuid as id, 'held' as action, a.allocated_at as created_at, a.project_id, a.node_id,
      n.name as node_name, a.allocated_at
    from domain_mesh_ip_allocations a join nodes n on n.id = a.node_id
    where a.tenant_id = ${tenant_id} and a.ip = ${ip}::inet
    union all
    (${recorded(asked, sql`true`)})`.execute(db);
  return rows;
}

/** The target is compared in the form in which PostgreSQL writes addresses, so every form of one finds it. */
function recorded({ tenant_id, ip, limit }: AskedEvents, place: RawBuilder<unknown>): RawBuilder<MeshAddressEvent> {
  return sql<MeshAddressEvent>`
    select id, action, created_at, project_id, (metadata ->> 'node_id')::uuid as node_id,
      metadata ->> 'node_name' as node_name, (metadata ->> 'allocated_at')::timestamptz as allocated_at
    from audit_log
    where target_id = ${tenant_id}::text || '/' || host(${ip}::inet) and tenant_id = ${tenant_id} and ${place}
      and action in ('mesh_address.allocated', 'mesh_address.released') and origin = 'registry'
    order by created_at desc, id desc
    limit ${limit}`;
}
