/** How much of a network is used, in one statement. */
import { sql } from 'kysely';
import type { Db } from '../handles.ts';
import { gaps, largestInside, networkOf, takenOf } from '../mesh-sql.ts';

/** A part of a network: one sub-range, or what lies outside of all sub-ranges, and then project and range are null. */
export interface MeshUsageRow {
  readonly project_id: string | null;
  readonly cidr: string | null;
  readonly strict: boolean | null;
  readonly used: number;
  /** Number.MAX_SAFE_INTEGER also stands for more. */
  readonly free: number;
  readonly resting: number;
  readonly fragments: number;
  /** The prefix length of the largest sub-range that fits: no longer than /30 for IPv4 and /126 for IPv6; null: none. */
  readonly largest_prefix: number | null;
}

const MANY = Number.MAX_SAFE_INTEGER;

/** Addresses of a free range, or MANY: a difference of addresses of IPv6 could be more than a number of SQL holds. */
const size = sql`
  case when n.bits = 128 and f.last > f.first + ${MANY - 1}::bigint then ${MANY}::bigint else f.last - f.first + 1 end`;

/**
 * Returns the parts of the network of a tenant: first what lies outside of all sub-ranges, then each sub-range, the lowest
 * first. Nothing when the tenant has no network. Linear in the number of addresses in use and of free ranges.
 */
export async function listMeshUsage(db: Db, tenantId: string): Promise<MeshUsageRow[]> {
  const bits = sql`n.bits`;
  const inFree = largestInside({ first: sql`f.first`, last: sql`f.last`, bits });
  const inGap = largestInside({ first: sql`g.first`, last: sql`g.last`, bits });
  const { rows } = await sql<MeshUsageRow>`
    with network as materialized (${networkOf(tenantId)}),
    taken as (${takenOf(tenantId)}),
    gaps as (${gaps}),
    parts as (
      select r.project_id, r.sub_range as cidr, r.strict from project_mesh_ip_reservations r where r.tenant_id = ${tenantId}
      union all
      select null, null, null from network
    ),
    used as (
      select r.project_id, count(*) as used from domain_mesh_ip_allocations a
        left join project_mesh_ip_reservations r
          on r.tenant_id = a.tenant_id and r.project_id = a.project_id and a.ip <<= r.sub_range
      where a.tenant_id = ${tenantId} group by r.project_id
    ),
    free as (
      select f.project_id, count(*) filter (where f.not_before is not null) as resting,
        count(*) filter (where f.not_before is null) as fragments,
        least(sum(${size}) filter (where f.not_before is null), ${MANY}::bigint)::bigint as free,
        min(case when f.project_id is not null and f.not_before is null then ${inFree} end) as prefix
      from mesh_free_ranges f cross join network n where f.tenant_id = ${tenantId} group by f.project_id
    ),
    largest_gap as (select min(${inGap}) as prefix from gaps g cross join network n),
    found as (
      select p.*, n.bits, case when p.project_id is null then g.prefix else f.prefix end as prefix,
        coalesce(u.used, 0) as used, coalesce(f.free, 0) as free, coalesce(f.resting, 0) as resting,
        coalesce(f.fragments, 0) as fragments
      from parts p cross join network n cross join largest_gap g
        left join used u on coalesce(u.project_id, ${tenantId}) = coalesce(p.project_id, ${tenantId})
        left join free f on coalesce(f.project_id, ${tenantId}) = coalesce(p.project_id, ${tenantId})
    )
    select n.project_id, n.cidr, n.strict, n.used, n.free, n.resting, n.fragments,
      case when n.prefix <= n.bits - 2 then n.prefix end as largest_prefix
    from found n order by n.cidr nulls first`.execute(db);
  return rows;
}
