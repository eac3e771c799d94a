/** Every statement about role bindings: the level of a user, a service identity or a group in a project. */
import { type Selectable, sql } from 'kysely';
import type { DatabaseHandle } from '../database.ts';
import type { Db, Tx } from '../handles.ts';
import { keyset, type PageRequest } from '../keyset.ts';
import type { RoleBindings, RoleLevel } from '../schema.ts';
import { OPEN_MARKS } from './principals.ts';
import type { PlacedMark } from './replica-leases.ts';

const shown = [
  'id',
  'tenant_id',
  'project_id',
  'user_id',
  'service_identity_id',
  'group_id',
  'level',
  'created_at',
  'updated_at',
] as const;

export type RoleBindingRow = Pick<Selectable<RoleBindings>, (typeof shown)[number]>;

export interface BoundPrincipal {
  readonly type: 'user' | 'service_identity' | 'group';
  readonly id: string;
}

/** Names one binding. */
export interface RoleBindingKey {
  readonly project_id: string;
  readonly principal: BoundPrincipal;
}

export interface NewRoleBinding extends RoleBindingKey {
  readonly id: string;
  readonly tenant_id: string;
  readonly level: RoleLevel;
  readonly created_at: Date;
}

const columnOf = ({ type }: BoundPrincipal) => `${type}_id` as const;

export function lockRoleBinding(
  tx: Tx,
  { project_id, principal }: RoleBindingKey,
): Promise<RoleBindingRow | undefined> {
  return tx
    .selectFrom('role_bindings')
    .select(shown)
    .where('project_id', '=', project_id)
    .where(columnOf(principal), '=', principal.id)
    .forUpdate()
    .executeTakeFirst();
}

export interface RoleBindingFilter {
  readonly project_id: string;
  readonly principal?: BoundPrincipal | undefined;
}

export function listRoleBindings(
  db: Db,
  { project_id, principal }: RoleBindingFilter,
  page: PageRequest,
): Promise<RoleBindingRow[]> {
  const bindings = keyset(db.selectFrom('role_bindings').select(shown), ['id'], page).where(
    'project_id',
    '=',
    project_id,
  );
  return (principal === undefined ? bindings : bindings.where(columnOf(principal), '=', principal.id)).execute();
}

/**
 * Binds the principal, or changes the level that it has, also of a binding that another transaction makes at this moment.
 * Resolves to undefined when it has that level already.
 */
export function insertOrUpdateRoleBinding(
  tx: Tx,
  { principal, ...binding }: NewRoleBinding,
): Promise<RoleBindingRow | undefined> {
  const column = columnOf(principal);
  return tx
    .insertInto('role_bindings')
    .values({ ...binding, [column]: principal.id, updated_at: binding.created_at })
    .onConflict((conflict) =>
      conflict
        .columns(['project_id', column])
        .doUpdateSet((eb) => ({ level: eb.ref('excluded.level') }))
        .whereRef('role_bindings.level', '<>', (eb) => eb.ref('excluded.level')),
    )
    .returning(shown)
    .executeTakeFirst();
}

export function deleteRoleBinding(
  tx: Tx,
  { project_id, principal }: RoleBindingKey,
): Promise<RoleBindingRow | undefined> {
  return tx
    .deleteFrom('role_bindings')
    .where('project_id', '=', project_id)
    .where(columnOf(principal), '=', principal.id)
    .returning(shown)
    .executeTakeFirst();
}

/** Bindings that end together: those of the principals, and those in the projects. */
export interface RoleBindingsToEnd {
  readonly tenant_id: string;
  readonly principals: readonly BoundPrincipal[];
  readonly projects?: readonly string[];
}

/** Deletes the bindings, locked in the order of their ids, and returns them. */
export async function deleteRoleBindings(
  tx: Tx,
  { tenant_id, principals, projects = [] }: RoleBindingsToEnd,
): Promise<RoleBindingRow[]> {
  const idsOf = (type: BoundPrincipal['type']) =>
    principals.filter((principal) => principal.type === type).map(({ id }) => id);
  const { rows } = await sql<RoleBindingRow>`
    delete from role_bindings where id = any(array(
      select id from role_bindings
      where tenant_id = ${tenant_id} and (
        user_id = any(${idsOf('user')}::uuid[])
        or service_identity_id = any(${idsOf('service_identity')}::uuid[])
        or group_id = any(${idsOf('group')}::uuid[])
        or project_id = any(${projects}::uuid[])
      )
      order by id for update
    ))
    returning ${sql.join(shown.map((column) => sql.ref(column)))}`.execute(tx);
  return rows;
}

/** Whose level in which project of which tenant is asked for. */
export interface LevelQuestion {
  readonly tenant_id: string;
  readonly project_id: string;
  readonly user_id: string | null;
  readonly service_identity_id: string | null;
}

/** The level of a principal in a project of its tenant, and the marks of changes that it may already show. */
export interface FoundLevel {
  readonly level: RoleLevel | null;
  readonly marks: readonly PlacedMark[];
}

const LEVEL = `
  select (
    select max(b.level) from (
      select level from role_bindings where project_id = p.id and user_id = $3::uuid
      union all
      select level from role_bindings where project_id = p.id and service_identity_id = $4::uuid
      union all
      select g.level from groups_of_principal($3::uuid, $4::uuid) r
      join role_bindings g on g.project_id = p.id and g.group_id = r.group_id
    ) b
  ) as level, ${OPEN_MARKS} as marks
  from tenant_projects p join tenants t on t.id = p.tenant_id
  where p.id = $2::uuid and t.id = $1::uuid`;

/** Prepares the read of the highest level of a principal in a project. It gives undefined when the tenant has no such project. */
export function prepareFindLevel(database: Pick<DatabaseHandle, 'prepare'>) {
  const find = database.prepare<{ level: RoleLevel | null; marks: PlacedMark[] | null }>({
    name: 'find_project_level',
    text: LEVEL,
  });
  return async ({ tenant_id, project_id, ...principal }: LevelQuestion): Promise<FoundLevel | undefined> => {
    const [row] = await find([tenant_id, project_id, principal.user_id, principal.service_identity_id]);
    return row && { level: row.level, marks: row.marks ?? [] };
  };
}
