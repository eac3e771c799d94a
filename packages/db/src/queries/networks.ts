/** The range of each network, and its lock. Sub-ranges and what is free have statements of their own. */
import { sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';

/** Ends every wait for a lock after so many milliseconds, for the rest of the transaction: SQLSTATE 55P03. */
export async function lockNoLongerThan(tx: Tx, ms: number): Promise<void> {
  await sql`select set_config('lock_timeout', ${`${ms}ms`}, true)`.execute(tx);
}

/** Lets the waits for locks be as long as the database lets them be. */
export async function lockAsLongAsUsual(tx: Tx): Promise<void> {
  await sql`set local lock_timeout to default`.execute(tx);
}

/**
 * Locks the network of a tenant until the transaction ends: the last of the locks that a change of it takes. What is free is
 * to be read by a later statement, which sees what the holder before has committed.
 */
export async function lockNetwork(tx: Tx, tenantId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('mesh ' || ${tenantId}::uuid, 0))`.execute(tx);
}

/**
 * Locks the tenant against its deletion and then the network, if neither needs waiting, and tells whether it did. Rows of free
 * ranges name the tenant: without its lock, a writer of them and a deletion of the tenant would wait for each other.
 */
export async function lockIdleNetwork(tx: Tx, tenantId: string): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended('mesh ' || id, 0)) as locked
    from tenants where id = ${tenantId}::uuid for key share skip locked`.execute(tx);
  return rows[0]?.locked === true;
}

/**
 * Locks spaces until the transaction ends, after the network: all that a range leaves or enters, in one order for everybody.
 * Two ranges that overlap in one of them would else wait for each other in its exclusion constraint, each having entered its
 * own first.
 */
export async function lockSpaces(tx: Tx, spaces: readonly string[]): Promise<void> {
  for (const space of new Set(spaces.toSorted()))
    await sql`select pg_advisory_xact_lock(hashtextextended('mesh space ' || ${space}::text, 0))`.execute(tx);
}

export interface NetworkRow {
  readonly tenant_id: string;
  readonly cidr: string;
  readonly space: string;
  readonly rest_seconds: number;
}

const columns = sql`id as tenant_id, mesh_cidr as cidr, mesh_space as space, mesh_rest_seconds as rest_seconds`;

/** Undefined when the tenant has no network. */
export async function findNetwork(db: Db, tenantId: string): Promise<NetworkRow | undefined> {
  const { rows } = await sql<NetworkRow>`
    select ${columns}
    from tenants where id = ${tenantId} and mesh_cidr is not null`.execute(db);
  return rows[0];
}

/** Sets the range of a tenant and what belongs to it. The tenant must be there. */
export async function updateNetwork(tx: Tx, { tenant_id, cidr, space, rest_seconds }: NetworkRow): Promise<NetworkRow> {
  const { rows } = await sql<NetworkRow>`
    update tenants set mesh_cidr = ${cidr}::cidr, mesh_space = ${space}, mesh_rest_seconds = ${rest_seconds}
    where id = ${tenant_id}
    returning ${columns}`.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new Error('the tenant of a network is there');
  return row;
}

/** Leaves the tenant without a network, as it was at first. */
export async function deleteNetwork(tx: Tx, tenantId: string): Promise<void> {
  await sql`
    update tenants set mesh_cidr = null, mesh_space = default, mesh_rest_seconds = default
    where id = ${tenantId}`.execute(tx);
}

export interface RangeOfTenant {
  readonly tenant_id: string;
  /** Null: no range at all. */
  readonly cidr: string | null;
}

/**
 * Returns the first `limit` sub-ranges and addresses in use that the range would not hold, the lowest first: the addresses
 * among them for which no node can have an address of the range too.
 */
export async function listOutsideRange(tx: Tx, { tenant_id, cidr }: RangeOfTenant, limit: number): Promise<string[]> {
  const { rows } = await sql<{ outside: string }>`
    select outside from (
      select sub_range::inet as place, sub_range::text as outside from project_mesh_ip_reservations
      where tenant_id = ${tenant_id} and (sub_range <<= ${cidr}::cidr) is not true
      union all
      select ip, host(ip) from domain_mesh_ip_allocations
      where tenant_id = ${tenant_id} and mesh_host(ip, ${cidr}::cidr) is not true
    ) found
    order by place limit ${limit}`.execute(tx);
  return rows.map(({ outside }) => outside);
}
