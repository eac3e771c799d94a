/** Every statement about service identities: the programs of a tenant as principals of their own. */
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { DatabaseHandle } from '../database.ts';
import { fixedRow } from '../fixed.ts';
import type { Db, Tx } from '../handles.ts';
import { keyset, type PageRequest } from '../keyset.ts';
import { columns, type ServiceIdentities, type ServiceIdentitiesFederationKind, type TenantStatus } from '../schema.ts';
import type { TenantRole } from '../types.ts';
import { OPEN_MARKS } from './principals.ts';
import type { PlacedMark } from './replica-leases.ts';

export type ServiceIdentityRow = Selectable<ServiceIdentities>;

export interface ServiceIdentityFilter {
  readonly tenant_id: string;
  readonly project_id?: string | undefined;
}

export const findServiceIdentity = fixedRow('find_service_identity', (db, id: string) =>
  db.selectFrom('service_identities').select(columns.service_identities).where('id', '=', id),
);

export function lockServiceIdentity(tx: Tx, id: string): Promise<ServiceIdentityRow | undefined> {
  return tx.selectFrom('service_identities').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
}

/** Locks the row against changes, but not against other shared locks: its deactivation waits for keys that are being made for it. */
export function lockServiceIdentityShared(tx: Tx, id: string): Promise<ServiceIdentityRow | undefined> {
  return tx.selectFrom('service_identities').selectAll().where('id', '=', id).forShare().executeTakeFirst();
}

export function listServiceIdentities(
  db: Db,
  { tenant_id, project_id }: ServiceIdentityFilter,
  page: PageRequest,
): Promise<ServiceIdentityRow[]> {
  return keyset(db.selectFrom('service_identities').selectAll(), ['id'], page)
    .where('tenant_id', '=', tenant_id)
    .$if(project_id !== undefined, (query) => query.where('project_id', '=', project_id as string))
    .execute();
}

export function insertServiceIdentity(tx: Tx, identity: Insertable<ServiceIdentities>): Promise<ServiceIdentityRow> {
  return tx
    .insertInto('service_identities')
    .values({ ...identity, ...(identity.created_at === undefined ? {} : { updated_at: identity.created_at }) })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export type ServiceIdentityChanges = Pick<Updateable<ServiceIdentities>, 'display_name' | 'audience' | 'disabled_at'>;

export function updateServiceIdentity(
  tx: Tx,
  id: string,
  changes: ServiceIdentityChanges,
): Promise<ServiceIdentityRow> {
  return tx
    .updateTable('service_identities')
    .set(changes)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Locks the service identities that live in the projects, in the order of their ids: they are deleted with them. */
export function lockServiceIdentitiesIn(
  tx: Tx,
  { tenant_id, projects }: { readonly tenant_id: string; readonly projects: readonly string[] },
): Promise<ServiceIdentityRow[]> {
  return tx
    .selectFrom('service_identities')
    .selectAll()
    .where('tenant_id', '=', tenant_id)
    .where('project_id', 'in', [...projects])
    .orderBy('id')
    .forUpdate()
    .execute();
}

export async function deleteServiceIdentity(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('service_identities').where('id', '=', id).execute();
}

/** The rows that go with a service identity when it is deleted. */
export interface ServiceIdentityHoldings {
  readonly api_keys: number;
  readonly group_memberships: number;
  readonly role_bindings: number;
}

export async function findServiceIdentityHoldings(
  db: Db,
  { tenant_id, id }: Pick<ServiceIdentityRow, 'tenant_id' | 'id'>,
): Promise<ServiceIdentityHoldings> {
  const { rows } = await sql<ServiceIdentityHoldings>`
    select
      (select count(*) from api_keys where tenant_id = ${tenant_id} and service_identity_id = ${id}) as api_keys,
      (select count(*) from group_memberships where principal_service_identity_id = ${id}) as group_memberships,
      (select count(*) from role_bindings where service_identity_id = ${id}) as role_bindings`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('a select without a from gives one row');
  return row;
}

/** A subject of a tenant: the service identity that it is, or null while it is none. */
export interface ServiceIdentityAuthority {
  readonly tenant_id: string;
  readonly tenant_status: TenantStatus;
  readonly identity: {
    readonly id: string;
    readonly project_id: string | null;
    readonly display_name: string;
    readonly federation_kind: ServiceIdentitiesFederationKind;
    readonly audience: string | null;
    readonly disabled_at: string | null;
    /** The issuer of its configuration while that is active. */
    readonly issuer: string | null;
    /** Those of the groups that it is in. */
    readonly roles: readonly TenantRole[];
  } | null;
}

export interface FoundServiceIdentity {
  readonly authority: ServiceIdentityAuthority;
  readonly marks: readonly PlacedMark[];
}

const BY_SUBJECT = `
  select t.id as tenant_id, t.status as tenant_status, s.id, s.project_id, s.display_name, s.federation_kind,
    s.audience, s.disabled_at,
    (select c.issuer from tenant_idp_config c
      where c.tenant_id = s.tenant_id and c.id = s.idp_config_id and c.status = 'active') as issuer,
    case when s.id is not null then array(
      select distinct g.tenant_role from groups_of_principal(null, s.id) r join groups g on g.id = r.group_id
      where g.tenant_role is not null
    ) end as roles,
    ${OPEN_MARKS} as marks
  from tenants t left join service_identities s on s.tenant_id = t.id and s.subject = $2
  where t.id = $1`;

/** Prepares the read of the service identity that a subject of a tenant is. It gives undefined when there is no such tenant. */
export function prepareFindServiceIdentityBySubject(database: Pick<DatabaseHandle, 'prepare'>) {
  type Known = NonNullable<ServiceIdentityAuthority['identity']>;
  type Row = Omit<ServiceIdentityAuthority, 'identity'> & { marks: PlacedMark[] | null } & (
      | Known
      | Readonly<Record<keyof Known, null>>
    );
  const find = database.prepare<Row>({ name: 'find_service_identity_by_subject', text: BY_SUBJECT });
  return async (tenantId: string, subject: string): Promise<FoundServiceIdentity | undefined> => {
    const [row] = await find([tenantId, subject]);
    if (row === undefined) return undefined;
    const { tenant_id, tenant_status, marks, ...found } = row;
    const identity = found.id === null ? null : found;
    return { authority: { tenant_id, tenant_status, identity }, marks: marks ?? [] };
  };
}
