/** Makes networks, parts of them, machines and addresses by plain inserts, past every service. */
import { randomUUID } from 'node:crypto';
import type { Insertable } from 'kysely';
import type { Db } from '../../src/handles.ts';
import type { Nodes, Resources } from '../../src/schema.ts';
import type { TestDatabase } from '../../src/testing.ts';
import { newTenant, unique } from '../support.ts';

/** Two projects of a tenant. */
export interface Network {
  readonly tenant_id: string;
  readonly project_id: string;
  readonly other_id: string;
}

/** One of them. */
export type Place = Pick<Network, 'tenant_id' | 'project_id'>;

export async function newProject(db: Db, tenant_id: string): Promise<string> {
  const id = randomUUID();
  await db
    .insertInto('tenant_projects')
    .values({ id, tenant_id, slug: unique('p'), name: 'Web' })
    .execute();
  return id;
}

/** Makes a tenant with that range, in a space of its own, and two projects; null: without a range. */
export async function newNetwork(db: Db, mesh_cidr: string | null): Promise<Network> {
  const tenant_id = await newTenant(db, { mesh_cidr, mesh_space: unique('s') });
  return { tenant_id, project_id: await newProject(db, tenant_id), other_id: await newProject(db, tenant_id) };
}

/** Returns the other project of the network. */
export const otherOf = ({ tenant_id, other_id }: Network): Place => ({ tenant_id, project_id: other_id });

export const setRange = (db: Db, { tenant_id }: Pick<Place, 'tenant_id'>, mesh_cidr: string | null) =>
  db.updateTable('tenants').set({ mesh_cidr }).where('id', '=', tenant_id).execute();

/** Resolves to the id of a new resource. */
export async function insertResource(
  db: Db,
  { tenant_id, project_id }: Place,
  values: Partial<Insertable<Resources>> = {},
): Promise<string> {
  const row = { id: randomUUID(), tenant_id, project_id, kind: 'vm', name: 'Edge', origin: 'adopted', ...values };
  await db
    .insertInto('resources')
    .values(row as Insertable<Resources>)
    .execute();
  return row.id;
}

/** Resolves to the id of a new node of the resource. */
export async function insertNode(
  db: Db,
  { tenant_id, project_id }: Place,
  values: Partial<Insertable<Nodes>> & { readonly resource_id: string },
): Promise<string> {
  const row = { id: randomUUID(), tenant_id, project_id, name: unique('n'), ...values };
  await db.insertInto('nodes').values(row).execute();
  return row.id;
}

/** Resolves to the id of a new node of a new resource. */
export async function newNode(db: Db, place: Place): Promise<string> {
  return insertNode(db, place, { resource_id: await insertResource(db, place) });
}

/** Gives the node the address. */
export const insertAddress = (
  db: Db,
  { tenant_id, project_id }: Place,
  values: { readonly node_id: string; readonly ip: string },
) =>
  db
    .insertInto('domain_mesh_ip_allocations')
    .values({ tenant_id, project_id, ...values })
    .execute();

/** Gives a new node of the project the address, and resolves to its id. */
export async function newAddress(db: Db, place: Place, ip: string): Promise<string> {
  const node_id = await newNode(db, place);
  await insertAddress(db, place, { node_id, ip });
  return node_id;
}

export const insertSubRange = (db: Db, { tenant_id, project_id }: Place, sub_range: string) =>
  db.insertInto('project_mesh_ip_reservations').values({ tenant_id, project_id, sub_range }).execute();

export const updateSubRange = (db: Db, { tenant_id, project_id }: Place, sub_range: string) =>
  db
    .updateTable('project_mesh_ip_reservations')
    .set({ sub_range })
    .where('tenant_id', '=', tenant_id)
    .where('project_id', '=', project_id)
    .execute();

export const deleteProject = (db: Db, id: string) => db.deleteFrom('tenant_projects').where('id', '=', id).execute();

/** Who runs a statement: the owner of the tables, the role of the tenant, and that role bound to the project of the row. */
export const writers = ['the owner', 'the tenant', 'the project'] as const;

/** Returns the handle of the writer. */
export function handleOf(
  { db, forTenant }: TestDatabase,
  writer: (typeof writers)[number],
  { tenant_id, project_id }: Place,
): Db {
  if (writer === 'the owner') return db;
  return forTenant({ tenant_id, project_id: writer === 'the tenant' ? null : project_id });
}
