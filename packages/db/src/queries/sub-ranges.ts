/** Every statement about sub-ranges: the parts of a network that projects have for themselves. */
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import { gaps, lowestInside, networkOf, takenOf } from '../mesh-sql.ts';
import type { ProjectMeshIpReservations } from '../schema.ts';

export interface SubRangeRow {
  readonly tenant_id: string;
  readonly project_id: string;
  readonly cidr: string;
  readonly strict: boolean;
  readonly created_at: Selectable<ProjectMeshIpReservations>['created_at'];
}

interface ProjectOfTenant {
  readonly tenant_id: string;
  readonly project_id: string;
}

const columns = sql`tenant_id, project_id, sub_range as cidr, strict, created_at`;

/** Undefined when the project has none. */
export async function findSubRange(
  db: Db,
  { tenant_id, project_id }: ProjectOfTenant,
): Promise<SubRangeRow | undefined> {
  const { rows } = await sql<SubRangeRow>`
    select ${columns} from project_mesh_ip_reservations
    where tenant_id = ${tenant_id} and project_id = ${project_id}`.execute(db);
  return rows[0];
}

/** Whether one of the projects has a sub-range. */
export async function findAnySubRange(db: Db, tenantId: string, projects: readonly string[]): Promise<boolean> {
  const { rows } = await sql`
    select from project_mesh_ip_reservations
    where tenant_id = ${tenantId} and project_id = any(${projects}::uuid[]) limit 1`.execute(db);
  return rows.length > 0;
}

interface Reserved extends Omit<SubRangeRow, 'created_at'> {
  readonly created_at: string | Date;
}

/** Gives the project the sub-range, in place of the one that it has. */
export async function insertOrUpdateSubRange(
  tx: Tx,
  { tenant_id, project_id, cidr, strict, created_at }: Reserved,
): Promise<SubRangeRow> {
  const { rows } = await sql<SubRangeRow>`
    insert into project_mesh_ip_reservations (tenant_id, project_id, sub_range, strict, created_at)
    values (${tenant_id}, ${project_id}, ${cidr}::cidr, ${strict}, ${created_at})
    on conflict (tenant_id, project_id) do update
      set sub_range = excluded.sub_range, strict = excluded.strict, created_at = excluded.created_at
    returning ${columns}`.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new Error('an insert that updates returns its row');
  return row;
}

/** Takes the sub-ranges of the projects away, and returns them, the lowest first. */
export async function deleteSubRanges(tx: Tx, tenantId: string, projects: readonly string[]): Promise<SubRangeRow[]> {
  const { rows } = await sql<SubRangeRow>`
    with gone as (
      delete from project_mesh_ip_reservations
      where tenant_id = ${tenantId} and project_id = any(${projects}::uuid[]) returning ${columns}
    )
    select * from gone order by cidr`.execute(tx);
  return rows;
}

interface Wanted {
  readonly tenant_id: string;
  readonly prefix_length: number;
}

const bits = sql`n.bits`;

/** The lowest sub-range of that length inside one free range of the pool, where nothing rests. */
export async function findFreeSubRange(tx: Tx, { tenant_id, prefix_length }: Wanted): Promise<string | undefined> {
  const block = lowestInside({ first: sql`f.first`, last: sql`f.last`, bits }, sql`${prefix_length}::int`);
  const { rows } = await sql<{ cidr: string }>`
    select b.cidr from (${networkOf(tenant_id)}) n
      join mesh_free_ranges f on f.tenant_id = ${tenant_id} and f.project_id is null and f.not_before is null
      cross join lateral (select ${block} as cidr) b
    where b.cidr is not null order by f.first limit 1`.execute(tx);
  return rows[0]?.cidr;
}

/** The lowest sub-range of that length in the network that holds no address of a node, and nothing of another sub-range. */
export async function findUnusedSubRange(tx: Tx, { tenant_id, prefix_length }: Wanted): Promise<string | undefined> {
  const block = lowestInside({ first: sql`g.first`, last: sql`g.last`, bits }, sql`${prefix_length}::int`);
  const { rows } = await sql<{ cidr: string }>`
    with network as materialized (${networkOf(tenant_id)}), taken as (${takenOf(tenant_id)}), gaps as (${gaps})
    select b.cidr from network n cross join gaps g cross join lateral (select ${block} as cidr) b
    where b.cidr is not null order by g.first limit 1`.execute(tx);
  return rows[0]?.cidr;
}
