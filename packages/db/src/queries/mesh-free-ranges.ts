/**
 * What is free in each network, as few rows: an index over range, sub-ranges and addresses, which can be made anew from
 * them. Whoever writes here holds the lock of the network.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import { firstOf, lastOf, networkOf } from '../mesh-sql.ts';

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
  // Rows are found by values and never by a join: row-level security keeps some joins from the index.
  await sql`
    with place as materialized (
      select case when r.sub_range >>= ${ip}::inet then r.project_id end as project_id
      from tenants t
      left join project_mesh_ip_reservations r on r.tenant_id = t.id and r.project_id = ${project_id}::uuid
      where t.id = ${tenant_id}::uuid and mesh_host(${ip}::inet, t.mesh_cidr)
        and (r.sub_range >>= ${ip}::inet is not true or mesh_host(${ip}::inet, r.sub_range))
    ), below as materialized (
      select * from mesh_free_ranges where tenant_id = ${tenant_id}::uuid and first <= ${ip}::inet
      order by first desc limit 1
    ), above as materialized (
      select * from mesh_free_ranges where tenant_id = ${tenant_id}::uuid and first = ${ip}::inet + 1
    ), freed as materialized (
      select place.project_id, b.first as low, a.first as high, a.last as high_last
      from place
      left join below b on b.last = ${ip}::inet - 1 and b.project_id is not distinct from place.project_id
        and b.not_before is null and ${restsUntil} is null
      left join above a on a.project_id is not distinct from place.project_id
        and a.not_before is null and ${restsUntil} is null
      where not exists (select from below where last >= ${ip}::inet)
    ), grown as (
      update mesh_free_ranges
      set first = (select coalesce(low, ${ip}::inet) from freed), last = (select coalesce(high_last, ${ip}::inet) from freed)
      where tenant_id = ${tenant_id}::uuid and first = (select coalesce(low, high) from freed)
    ), joined as (
      delete from mesh_free_ranges
      where tenant_id = ${tenant_id}::uuid and first = (select high from freed where low is not null)
    )
    insert into mesh_free_ranges (tenant_id, project_id, first, last, not_before)
    select ${tenant_id}::uuid, project_id, ${ip}::inet, ${ip}::inet, ${restsUntil}
    from freed where low is null and high is null`.execute(tx);
}

/**
 * The pieces between all that is not free, by address: where a sub-range or the pool begins (`part`), what a node has, and
 * what rests. Each has the address at which it stands, and the one from which addresses can be free again; those with the
 * same address are in the order of `rank`. The last one ends the range.
 */
const pieces = (tenantId: string) => sql`
  network as materialized (
    -- The functions cost much more than a comparison, so each is called once, and not for each address.
    select first, family, case family when 4 then last else last + 1 end as ending, last
    from (
      select mesh_first(mesh_cidr) as first, mesh_last(mesh_cidr) as last, family(mesh_cidr) as family
      from tenants where id = ${tenantId}::uuid and mesh_cidr is not null
    ) as t
  ), reserved as materialized (
    select project_id, masklen(sub_range) = 32 as single, mesh_first(sub_range) as first, mesh_last(sub_range) as last
    from project_mesh_ip_reservations where tenant_id = ${tenantId}::uuid
  ), parts as (
    select 0 as rank, first as at, first + 1 as after, null::uuid as project_id from network
    union all
    select 1, r.first, case when n.family = 4 and r.single then r.first else r.first + 1 end, r.project_id
    from network n join reserved r on r.first >= n.first and r.last <= n.last
    union all
    -- Behind a sub-range the pool goes on. The last address of one of IPv4 is its broadcast address.
    select 2, case n.family when 4 then r.last else r.last + 1 end, r.last + 1, null
    from network n join reserved r on r.first >= n.first and r.last < n.last
  ), marks as (
    select rank, at, after, project_id, null::timestamptz as not_before from parts
    union all
    select 3, a.ip, a.ip + 1, null, null
    from network n join domain_mesh_ip_allocations a
      on a.tenant_id = ${tenantId}::uuid and a.ip > n.first and a.ip < n.ending
    union all
    select 4, s.ip, s.ip + 1, null, s.not_before from network n join resting s on s.ip > n.first and s.ip < n.ending
    union all
    select 5, ending, null, null, null from network
  ), numbered as (
    select *, lead(at) over by_address as next, count(*) filter (where rank < 3) over by_address as part
    from marks window by_address as (order by at, after, rank rows unbounded preceding)
  ), pieces as materialized (
    select rank, at, after, next, not_before, first_value(project_id) over in_part as project_id,
      first_value(after) over in_part as part_first
    from numbered window in_part as (partition by part order by at, after, rank)
  )`;

/**
 * Makes the free ranges of the tenant those that follow from its range, its sub-ranges and its addresses. Addresses that rest
 * go on resting where they may be used. Only rows that differ are written: a write costs much more than the rest. The
 * transaction has to see all projects of the tenant.
 */
export async function insertFreeRangesAnew(tx: Tx, tenantId: string): Promise<void> {
  await sql`
    with stored as materialized (
      select project_id, first, last, not_before from mesh_free_ranges where tenant_id = ${tenantId}::uuid
    ), resting as materialized (
      select first as ip, not_before from stored
      where not_before is not null and not exists (
        select from domain_mesh_ip_allocations a where a.tenant_id = ${tenantId}::uuid and a.ip = stored.first
      )
    ), ${pieces(tenantId)}, differing as materialized (
      select project_id, first, last, not_before, bool_and(follows) as follows from (
        select *, false as follows from stored
        union all
        select project_id, after, next - 1, null, true from pieces where after < next
        union all
        select project_id, at, at, not_before, true from pieces where rank = 4 and at >= part_first
      ) as rows
      group by project_id, first, last, not_before having count(*) = 1
    ), gone as (
      delete from mesh_free_ranges f using differing d
      where f.tenant_id = ${tenantId}::uuid and f.first = d.first and not d.follows returning f.first
    )
    insert into mesh_free_ranges (tenant_id, project_id, first, last, not_before)
    -- The count reads all that is deleted before anything is inserted.
    select ${tenantId}::uuid, project_id, first, last, not_before from differing
    where follows and (select count(*) from gone) >= 0`.execute(tx);
}

/**
 * Tells whether the project's sub-range, or with `pool` the tenant's pool, has an address that no node has, whatever the free
 * ranges say: by counts of addresses, each of them a read of an index alone. The transaction has to see all projects of the
 * tenant.
 */
export async function findRoomByCounts(
  db: Db,
  { tenant_id, project_id, pool }: { readonly tenant_id: string; readonly project_id: string; readonly pool: boolean },
): Promise<boolean> {
  const inUse = (first: RawBuilder<unknown>, last: RawBuilder<unknown>) => sql`(
    select count(*) from domain_mesh_ip_allocations
    where tenant_id = ${tenant_id}::uuid and ip between ${first} and ${last}
  )`;
  // Numbers of addresses are numeric: the ranges of IPv6 have more than a bigint holds.
  const addresses = (range: RawBuilder<unknown>) => sql`2::numeric ^ (n.bits - masklen(${range}))`;
  const { rows } = await sql<{ room: boolean }>`
    with n as materialized (${networkOf(tenant_id)}),
    -- The first address of a network is no host, and the last one of IPv4; of a sub-range there, neither are its own.
    whole as (
      select ${addresses(sql`n.cidr`)} - case n.bits when 32 then 2 else 1 end - ${inUse(sql`n.first`, sql`n.last`)} as room
      from n
    ),
    parts as materialized (
      select r.project_id, s.size - ${inUse(sql`s.first`, sql`s.last`)}
          - case when s.first = n.first then 1 else 0 end
          - case when s.last = n.last and n.bits = 32 then 1 else 0 end as of_whole,
        s.size - case n.bits when 32 then 2 else 1 end - ${inUse(sql`s.first + 1`, sql`case n.bits when 32 then s.last - 1 else s.last end`)} as room
      from n cross join project_mesh_ip_reservations r
        cross join lateral (
          select ${addresses(sql`r.sub_range`)} as size, ${firstOf(sql`r.sub_range`, sql`n.bits`)} as first,
            ${lastOf(sql`r.sub_range`, sql`n.bits`)} as last
        ) s
      where r.tenant_id = ${tenant_id}::uuid
    )
    select coalesce((select room > 0 from parts where project_id = ${project_id}::uuid), false)
      or ${pool}::boolean and (select room from whole) > coalesce((select sum(of_whole) from parts), 0) as room`.execute(
    db,
  );
  return rows[0]?.room === true;
}

/** Lists the tenants with addresses whose time of rest is over, the longest waiting first. */
export async function listRestedNetworks(db: Db, now: Date, limit: number): Promise<string[]> {
  const { rows } = await sql<{ tenant_id: string }>`
    select tenant_id from mesh_free_ranges where not_before <= ${now.toISOString()}::timestamptz
    group by tenant_id order by min(not_before), tenant_id limit ${limit}`.execute(db);
  return rows.map(({ tenant_id }) => tenant_id);
}

/** Removes up to `limit` rows of addresses of the tenant whose time of rest is over, and returns what they said. */
export async function deleteRested(
  tx: Tx,
  { tenant_id, now }: { readonly tenant_id: string; readonly now: Date },
  limit: number,
): Promise<{ readonly project_id: string | null; readonly ip: string }[]> {
  const { rows } = await sql<{ readonly project_id: string | null; readonly ip: string }>`
    delete from mesh_free_ranges where tenant_id = ${tenant_id}::uuid and first in (
      select first from mesh_free_ranges
      where tenant_id = ${tenant_id}::uuid and not_before <= ${now.toISOString()}::timestamptz
      order by not_before limit ${limit}
    ) returning project_id, first as ip`.execute(tx);
  return rows;
}
