/** Makes managed databases and their work by plain inserts, past every service. */
import { randomUUID } from 'node:crypto';
import type { Insertable } from 'kysely';
import type { Db } from '../../src/handles.ts';
import type { Databases, DatabaseWork } from '../../src/schema.ts';
import { json } from '../../src/types.ts';
import { newTenant, unique } from '../support.ts';

export interface Team {
  readonly tenant_id: string;
  readonly owner_group_id: string;
  readonly owner_team: string;
}

/** Makes a tenant with a group that can own databases. */
export async function newTeam(db: Db): Promise<Team> {
  const [tenant_id, owner_group_id, owner_team] = [await newTenant(db), randomUUID(), unique('g')];
  await db
    .insertInto('groups')
    .values({ id: owner_group_id, tenant_id, slug: owner_team, display_name: 'Payments' })
    .execute();
  return { tenant_id, owner_group_id, owner_team };
}

/** What makes a row that of a deleted database. */
export const deleted = { status: 'deleted', owner_group_id: null, deleted_at: '2026-01-01T00:00:00Z' } as const;

/** Resolves to the id of a new database. */
export async function insertRow(db: Db, team: Team, values: Partial<Insertable<Databases>> = {}): Promise<string> {
  const row = {
    ...team,
    id: randomUUID(),
    name: unique('d'),
    tier: 'small',
    provisioner: 'local',
    cluster_name: unique('c'),
    pooler_name: 'pooler',
    spec: json({}),
    ...values,
  };
  await db.insertInto('databases').values(row).execute();
  return row.id;
}

/** Inserts the work on a database. */
export async function insertWork(
  db: Db,
  { tenant_id }: Pick<Team, 'tenant_id'>,
  values: Partial<Insertable<DatabaseWork>> & { readonly database_id: string },
): Promise<void> {
  await db
    .insertInto('database_work')
    .values({ tenant_id, provisioner: 'local', ...values })
    .execute();
}
