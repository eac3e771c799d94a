/**
 * What is free in each network, as few rows: an index over range, sub-ranges and addresses, which can be made anew from
 * them. Whoever writes here holds the lock of the network.
 */
import { sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';

export interface FreedAddress {
  readonly tenant_id: string;
  /** The project whose node had it: it lies in the sub-range of that project or in the tenant's pool. */
  readonly project_id: string | null;
  readonly ip: string;
  /** Until then it rests; null: it is free now, and one row with its free neighbours. */
  readonly not_before: Date | null;
}

/**
 * Makes the address free, or lets it rest. One that no node may have, or that is free already, changes nothing.
 */
export async function insertFreeAddress(
  tx: Tx,
  { tenant_id, project_id, ip, not_before }: FreedAddress,
): Promise<void> {
  const restsUntil = sql`${not_before === null ? null : not_before.toISOString()}::timestamptz`;
  await sql`
    with place as materialized (
      select ${ip}::inet as ip, case when r.sub_range >>= ${ip}::inet then r.project_id end as project_id
      from tenants t
      left join project_mesh_ip_reservations r on r.tenant_id = t.id and r.project_id = ${project_id}::uuid
      where t.id = ${tenant_id}::uuid and mesh_host(${ip}::inet, t.mesh_cidr)
        and (r.sub_range >>= ${ip}::inet is not true or mesh_host(${ip}::inet, r.sub_range))
    ), below as materialized (
      select * from mesh_free_ranges where tenant_id = ${tenant_id}::uuid and first <= ${ip}::inet
      order by first desc limit 1
    ), freed as materialized (
      select * from place where not exists (select from below where last >= place.ip)
    ), neighbours as materialized (
      select freed.ip, freed.project_id, below.first as low, above.first as high, above.last as high_last
      from freed
      left join below on below.last = freed.ip - 1 and below.project_id is not distinct from freed.project_id
        and below.not_before is null and ${restsUntil} is null
      left join mesh_free_ranges above on above.tenant_id = ${tenant_id}::uuid and above.first = freed.ip + 1
        and above.project_id is not distinct from freed.project_id and above.not_before is null and ${restsUntil} is null
    ), grown as (
      update mesh_free_ranges f
      set first = coalesce(n.low, n.ip), last = coalesce(n.high_last, n.ip)
      from neighbours n where f.tenant_id = ${tenant_id}::uuid and f.first = coalesce(n.low, n.high)
    ), joined as (
      delete from mesh_free_ranges f using neighbours n
      where f.tenant_id = ${tenant_id}::uuid and f.first = n.high and n.low is not null
    )
    insert into mesh_free_ranges (tenant_id, project_id, first, last, not_before)
    select ${tenant_id}::uuid, project_id, ip, ip, ${restsUntil} from neighbours where low is null and high is null`.execute(
    tx,
  );
}

/**
 * The pieces between all that is not free, by address: where a sub-range or the pool begins (`part`), what a node has, and
 * what rests. Each has the address at which it stands, and the one from which addresses can be free again; those with the
 * same address are in the order of `rank`. The last one ends the range.
 */
const pieces = (tenantId: string) => sql`
  network as materialized (
    select mesh_cidr as range, mesh_first(mesh_cidr) as first, mesh_last(mesh_cidr) as last, family(mesh_cidr) as family
    from tenants where id = ${tenantId}::uuid and mesh_cidr is not null
  ), parts as (
    select 0 as rank, first as at, first + 1 as after, null::uuid as project_id from network
    union all
    select 1, mesh_first(r.sub_range),
      case when masklen(r.sub_range) = 32 and n.family = 4 then mesh_first(r.sub_range) else mesh_first(r.sub_range) + 1 end,
      r.project_id
    from network n join project_mesh_ip_reservations r on r.tenant_id = ${tenantId}::uuid and r.sub_range <<= n.range
    union all
    -- Behind a sub-range the pool goes on. The last address of one of IPv4 is its broadcast address.
    select 2, case n.family when 4 then mesh_last(r.sub_range) else mesh_last(r.sub_range) + 1 end,
      mesh_last(r.sub_range) + 1, null
    from network n join project_mesh_ip_reservations r on r.tenant_id = ${tenantId}::uuid and r.sub_range <<= n.range
    where mesh_last(r.sub_range) < n.last
  ), marks as (
    select rank, at, after, project_id, null::timestamptz as not_before from parts
    union all
    select 3, a.ip, a.ip + 1, null, null
    from network n join domain_mesh_ip_allocations a
      on a.tenant_id = ${tenantId}::uuid and mesh_host(a.ip, n.range)
    union all
    select 4, s.ip, s.ip + 1, null, s.not_before from network n join resting s on mesh_host(s.ip, n.range)
    union all
    select 5, case family when 4 then last else last + 1 end, null, null, null from network
  ), numbered as (
    select *, lead(at) over by_address as next, count(*) filter (where rank < 3) over by_address as part
    from marks window by_address as (order by at, after, rank rows unbounded preceding)
  ), pieces as materialized (
    select rank, at, after, next, not_before, first_value(project_id) over in_part as project_id,
      first_value(after) over in_part as part_first
    from numbered window in_part as (partition by part order by at, after, rank)
  )`;

/**
 * Replaces all free ranges of the tenant by those that follow from its range, its sub-ranges and its addresses. Addresses
 * that rest go on resting where they may be used. The transaction has to see all projects of the tenant.
 */
export async function insertFreeRangesAnew(tx: Tx, tenantId: string): Promise<void> {
  await sql`
    with gone as (
      delete from mesh_free_ranges where tenant_id = ${tenantId}::uuid returning first, not_before
    ), resting as materialized (
      -- The first count reads all that is deleted before anything is inserted.
      select first as ip, not_before from gone
      where (select count(*) from gone) > 0 and not_before is not null and not exists (
        select from domain_mesh_ip_allocations a where a.tenant_id = ${tenantId}::uuid and a.ip = gone.first
      )
    ), ${pieces(tenantId)}
    insert into mesh_free_ranges (tenant_id, project_id, first, last, not_before)
    select ${tenantId}::uuid, project_id, after, next - 1, null from pieces where after < next
    union all
    select ${tenantId}::uuid, project_id, at, at, not_before from pieces where rank = 4 and at >= part_first`.execute(
    tx,
  );
}

/**
 * Tells whether the project's sub-range, or with `pool` the tenant's pool, has a free address by range, sub-ranges and
 * addresses alone, whatever the free ranges say. The transaction has to see all projects of the tenant.
 */
export async function findFreeByAddresses(
  db: Db,
  { tenant_id, project_id, pool }: { readonly tenant_id: string; readonly project_id: string; readonly pool: boolean },
): Promise<boolean> {
  const { rows } = await sql<{ free: boolean }>`
    with resting as (select null::inet as ip, null::timestamptz as not_before where false), ${pieces(tenant_id)}
    select exists (
      select from pieces
      where after < next and (project_id = ${project_id}::uuid or ${pool}::boolean and project_id is null)
    ) as free`.execute(db);
  return rows[0]?.free ?? false;
}

export interface RestedNetwork {
  readonly tenant_id: string;
  /** How many of its addresses have rested. */
  readonly addresses: number;
}

/** Lists networks with addresses whose time of rest is over, the longest waiting first. */
export async function listRestedNetworks(db: Db, now: Date, limit: number): Promise<RestedNetwork[]> {
  const { rows } = await sql<RestedNetwork>`
    select tenant_id, count(*) as addresses from mesh_free_ranges where not_before <= ${now.toISOString()}::timestamptz
    group by tenant_id order by min(not_before), tenant_id limit ${limit}`.execute(db);
  return rows;
}

/** Removes the rows of addresses of the tenant whose time of rest is over, and returns what they said. */
export async function deleteRested(
  tx: Tx,
  tenantId: string,
  now: Date,
): Promise<{ readonly project_id: string | null; readonly ip: string }[]> {
  const { rows } = await sql<{ readonly project_id: string | null; readonly ip: string }>`
    delete from mesh_free_ranges where tenant_id = ${tenantId} and not_before <= ${now.toISOString()}::timestamptz
    returning project_id, first as ip`.execute(tx);
  return rows;
}
