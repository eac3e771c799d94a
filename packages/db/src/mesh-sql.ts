/**
 * SQL on addresses and the ranges that they lie in. Nothing here counts addresses, so ranges of IPv6 overflow nothing, and no
 * address is made beyond the last one that there is.
 */
import { type RawBuilder, sql } from 'kysely';

type Sql = RawBuilder<unknown>;

/** The first address of a range as a host of that many bits. */
export function firstOf(range: Sql, bits: Sql): Sql {
  return sql`set_masklen((${range})::inet, ${bits})`;
}

/** The last address of a range as a host of that many bits. */
export function lastOf(range: Sql, bits: Sql): Sql {
  return sql`set_masklen(broadcast((${range})::inet), ${bits})`;
}

/** The range of that prefix length which holds the address. */
function around(address: Sql, prefix: Sql): Sql {
  return sql`network(set_masklen(${address}, ${prefix}))`;
}

/**
 * The subquery with the network of a tenant: its range, the bits of its addresses, and the first and last of them. It has no
 * row when the tenant has none.
 */
export function networkOf(tenantId: string): Sql {
  return sql`
    select t.mesh_cidr as cidr, f.bits, ${firstOf(sql`t.mesh_cidr`, sql`f.bits`)} as first,
      ${lastOf(sql`t.mesh_cidr`, sql`f.bits`)} as last
    from tenants t cross join lateral (select case family(t.mesh_cidr) when 4 then 32 else 128 end as bits) f
    where t.id = ${tenantId} and t.mesh_cidr is not null`;
}

/** The subquery with what is taken of a network: each address of a node, and each sub-range whole. It reads `network`. */
export function takenOf(tenantId: string): Sql {
  return sql`
    select a.ip as first, a.ip as last from domain_mesh_ip_allocations a where a.tenant_id = ${tenantId}
    union all
    select ${firstOf(sql`r.sub_range`, sql`n.bits`)}, ${lastOf(sql`r.sub_range`, sql`n.bits`)}
    from project_mesh_ip_reservations r cross join network n where r.tenant_id = ${tenantId}`;
}

/**
 * The subquery with the gaps of a network between what is taken: each as long as it can be. Sub-ranges hold addresses, so the
 * furthest end so far counts, and not that of the one before. It reads `network` and `taken`.
 */
export const gaps: Sql = sql`
  select case when t.before is null then n.first else t.before + 1 end as first, t.first - 1 as last
  from network n cross join (
    select first, max(last) over (order by first, last desc rows between unbounded preceding and 1 preceding) as before
    from taken
  ) t
  where case when t.before is null then n.first < t.first when t.before < t.first then t.before + 1 < t.first else false end
  union all
  select case when t.last is null then n.first else t.last + 1 end, n.last
  from network n cross join (select max(last) as last from taken) t
  where t.last is null or t.last < n.last`;

interface Stretch {
  readonly first: Sql;
  readonly last: Sql;
  readonly bits: Sql;
}

/** The lowest range of a prefix length that lies inside the stretch; null when none does. */
export function lowestInside({ first, last, bits }: Stretch, prefix: Sql): Sql {
  const low = around(first, prefix);
  const next = around(sql`${lastOf(low, bits)} + 1`, prefix);
  return sql`
    case
      when ${lastOf(low, bits)} > ${last} then null
      when ${firstOf(low, bits)} = ${first} then ${low}
      when ${lastOf(low, bits)} = ${last} then null
      when ${lastOf(next, bits)} <= ${last} then ${next}
    end`;
}

/**
 * The prefix length of the largest range that lies inside the stretch. A stretch that is no range itself crosses the middle
 * of the smallest range around it: the largest range inside ends there, or begins there, and is more than half as long as
 * the stretch on that side.
 */
export function largestInside({ first, last, bits }: Stretch): Sql {
  const whole = sql`inet_merge(${first}, ${last})`;
  const half = sql`least(masklen(${whole}) + 1, ${bits})`;
  const below = sql`inet_merge(${first}, ${lastOf(around(first, half), bits)})`;
  const above = sql`inet_merge(${firstOf(around(last, half), bits)}, ${last})`;
  return sql`
    case when ${firstOf(whole, bits)} = ${first} and ${lastOf(whole, bits)} = ${last} then masklen(${whole})
    else least(
      masklen(${below}) + case when ${firstOf(below, bits)} = ${first} then 0 else 1 end,
      masklen(${above}) + case when ${lastOf(above, bits)} = ${last} then 0 else 1 end
    ) end`;
}
