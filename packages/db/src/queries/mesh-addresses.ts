/** Which node has which address. Whoever writes here holds the lock of the network, and the free ranges follow in each statement. */
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';

/** The node that gets an address or gives it back. */
export interface AddressOwner {
  readonly tenant_id: string;
  readonly project_id: string;
  readonly node_id: string;
}

export interface AddressPlace {
  /** The range of the tenant; null: it has no network. */
  readonly mesh_cidr: string | null;
  /** Whether the project has a sub-range; null: it has none. */
  readonly strict: boolean | null;
  /** The address that the node has already. */
  readonly ip: string | null;
  readonly allocated_at: string | null;
}

/** Returns what decides where the node gets its address from, and the address that it has; undefined without the tenant. */
export async function findAddressPlace(db: Db, owner: AddressOwner): Promise<AddressPlace | undefined> {
  const { rows } = await sql<AddressPlace>`
    select t.mesh_cidr, r.strict, a.ip, a.allocated_at
    from tenants t
    left join project_mesh_ip_reservations r on r.tenant_id = t.id and r.project_id = ${owner.project_id}
    left join domain_mesh_ip_allocations a on a.tenant_id = t.id and a.node_id = ${owner.node_id}
    where t.id = ${owner.tenant_id}`.execute(db);
  return rows[0];
}

/** What stands against an address that a caller names. */
export interface NamedAddress {
  /** Another node has it. */
  readonly taken: boolean;
  /** It is a host of the range, and lies in no sub-range of another project. */
  readonly usable: boolean;
  /** Where the sub-range of the project is: it is a host of it, it lies in it and is none, or it lies outside. */
  readonly own: 'host' | 'special' | 'outside' | 'none';
}

/** Looks at every address and sub-range of the tenant, so the transaction has to see all of its projects. */
export async function findNamedAddress(db: Db, owner: AddressOwner, ip: string): Promise<NamedAddress> {
  const { rows } = await sql<NamedAddress>`
    select
      exists (
        select from domain_mesh_ip_allocations a where a.tenant_id = t.id and a.ip = ${ip}::inet
      ) as taken,
      mesh_host(${ip}::inet, t.mesh_cidr) is true and not exists (
        select from project_mesh_ip_reservations o
        where o.tenant_id = t.id and o.project_id <> ${owner.project_id} and o.sub_range >>= ${ip}::inet
      ) as usable,
      case
        when r.sub_range is null then 'none'
        when mesh_host(${ip}::inet, r.sub_range) then 'host'
        when r.sub_range >>= ${ip}::inet then 'special'
        else 'outside'
      end as own
    from tenants t
    left join project_mesh_ip_reservations r on r.tenant_id = t.id and r.project_id = ${owner.project_id}
    where t.id = ${owner.tenant_id}`.execute(db);
  return rows[0] ?? { taken: false, usable: false, own: 'none' };
}

/** What came of a take: the address that was free by the free ranges, and whether that was true. */
export interface Take {
  readonly ip: string;
  readonly taken: boolean;
}

export interface TakeOptions {
  readonly owner: AddressOwner;
  readonly now: Date;
}

/**
 * Gives the node the lowest free address of its project's sub-range, or with `pool` of the tenant's pool if that has none;
 * if both are empty, the one that has rested longest, in the same order. Returns undefined when there is none. When the
 * free ranges were wrong, `taken` is false and nothing is changed.
 */
export async function insertLowestAddress(
  tx: Tx,
  { pool, ...options }: TakeOptions & { readonly pool: boolean },
): Promise<Take | undefined> {
  const { tenant_id, project_id } = options.owner;
  const own = sql`project_id = ${project_id}::uuid`;
  const common = sql`project_id is null and ${pool}::boolean`;
  // Each branch is one probe of a partial index.
  const branch = (place: number, rows: RawBuilder<unknown>, resting: boolean) => sql`(
    select ${sql.lit(place)} as place, first, last, first as ip from mesh_free_ranges
    where tenant_id = ${tenant_id}::uuid and ${rows}
      and not_before is ${resting ? sql`not null` : sql`null`}
    order by ${resting ? sql`not_before, first` : sql`first`} limit 1
  )`;
  const branches = [branch(1, own, false), branch(2, common, false), branch(3, own, true), branch(4, common, true)];
  return insertPicked(
    tx,
    options,
    sql`
    select * from (${sql.join(branches, sql` union all `)}) as candidates order by place limit 1`,
  );
}

/** Gives the node the address, if it is free or rests; otherwise like `insertLowestAddress`. */
export async function insertNamedAddress(
  tx: Tx,
  { ip, ...options }: TakeOptions & { readonly ip: string },
): Promise<Take | undefined> {
  // Rows are disjoint: of all that begin before it, only the last can contain it.
  return insertPicked(
    tx,
    options,
    sql`
    select * from (
      select first, last, ${ip}::inet as ip from mesh_free_ranges
      where tenant_id = ${options.owner.tenant_id}::uuid and first <= ${ip}::inet order by first desc limit 1
    ) as candidate where last >= ip`,
  );
}

/**
 * Cuts `ip` out of the picked row and makes it the node's. A row that begins right behind `ip` inside the picked one shows
 * that the free ranges overlap: then, as with an address that is taken, nothing is changed.
 */
async function insertPicked(
  tx: Tx,
  { owner: { tenant_id, project_id, node_id }, now }: TakeOptions,
  picked: RawBuilder<unknown>,
): Promise<Take | undefined> {
  const { rows } = await sql<Take>`
    with picked as materialized (${picked}), placed as (
      insert into domain_mesh_ip_allocations (tenant_id, ip, project_id, node_id, allocated_at)
      select ${tenant_id}::uuid, ip, ${project_id}::uuid, ${node_id}::uuid, ${now.toISOString()}::timestamptz
      from picked
      where ip = last or not exists (
        select from mesh_free_ranges o where o.tenant_id = ${tenant_id}::uuid and o.first = picked.ip + 1
      )
      on conflict (tenant_id, ip) do nothing
      returning ip
    ), cut as materialized (
      select picked.* from picked join placed using (ip)
    ), used_up as (
      delete from mesh_free_ranges f using cut
      where f.tenant_id = ${tenant_id}::uuid and f.first = cut.first and cut.first = cut.last
    ), shortened as (
      update mesh_free_ranges f
      set first = case when cut.ip = cut.first then cut.ip + 1 else cut.first end,
        last = case when cut.ip = cut.first then cut.last else cut.ip - 1 end
      from cut where f.tenant_id = ${tenant_id}::uuid and f.first = cut.first and cut.first < cut.last
    ), split as (
      insert into mesh_free_ranges (tenant_id, project_id, first, last)
      select f.tenant_id, f.project_id, cut.ip + 1, cut.last
      from mesh_free_ranges f join cut on f.first = cut.first
      where f.tenant_id = ${tenant_id}::uuid and cut.first < cut.ip and cut.ip < cut.last
    )
    select ip, exists (select from placed) as taken from picked`.execute(tx);
  return rows[0];
}

/** An address that was given back. */
export interface ReleasedAddress {
  readonly ip: string;
  readonly allocated_at: string;
  /** How long it has to rest. */
  readonly rest_seconds: number;
}

/** Takes the address of the node away, and returns it; undefined when it has none. It is not free yet. */
export async function deleteAddress(
  tx: Tx,
  { tenant_id, node_id }: AddressOwner,
): Promise<ReleasedAddress | undefined> {
  const { rows } = await sql<ReleasedAddress>`
    with released as (
      delete from domain_mesh_ip_allocations where tenant_id = ${tenant_id} and node_id = ${node_id}
      returning tenant_id, ip, allocated_at
    )
    select r.ip, r.allocated_at, t.mesh_rest_seconds as rest_seconds
    from released r join tenants t on t.id = r.tenant_id`.execute(tx);
  return rows[0];
}
