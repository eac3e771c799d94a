/** The reads behind every request of a person or a program: who it is, and what its groups add to that. */
import type { DatabaseHandle } from '../database.ts';
import type { TenantRole } from '../types.ts';
import type { PlacedMark } from './replica-leases.ts';

/** A subject of a tenant: the user that it is, or null while it is none. */
export interface SubjectAuthority {
  readonly tenant_id: string;
  readonly user: {
    readonly id: string;
    readonly display_name: string;
    readonly disabled_at: string | null;
    /** Its own, and those of the groups that it is in. */
    readonly roles: readonly TenantRole[];
  } | null;
}

export interface FoundSubject {
  readonly authority: SubjectAuthority;
  readonly marks: readonly PlacedMark[];
}

/** SQL: the roles of a user `u`, its own and those of the groups that it is in. */
export const USER_ROLES = `array(
    select unnest(u.roles)
    union
    select g.tenant_role from groups_of_principal(u.id, null) r join groups g on g.id = r.group_id
    where g.tenant_role is not null
  )`;

/** SQL: the marks of a tenant `t` that a replica has not acknowledged yet. */
export const OPEN_MARKS = `(
    select json_agg(json_build_object('id', m.id, 'replica_id', m.replica_id, 'lease_ms', l.lease_ms))
    from replica_marks m join replica_leases l on l.id = m.replica_id where t.id = any(m.tenant_ids)
  )`;

const SUBJECT = `
  select t.id as tenant_id, u.id, u.display_name, u.disabled_at,
    case when u.id is not null then ${USER_ROLES} end as roles, ${OPEN_MARKS} as marks
  from tenants t left join users u on u.tenant_id = t.id and u.external_subject = $2
  where t.id = $1`;

/** Prepares the read of the user that a subject of a tenant is. It gives undefined when there is no such tenant. */
export function prepareFindSubject(database: Pick<DatabaseHandle, 'prepare'>) {
  type Row = { tenant_id: string; marks: PlacedMark[] | null } & (
    | NonNullable<SubjectAuthority['user']>
    | { id: null; display_name: null; disabled_at: null; roles: null }
  );
  const find = database.prepare<Row>({ name: 'find_subject', text: SUBJECT });
  return async (tenantId: string, subject: string): Promise<FoundSubject | undefined> => {
    const [row] = await find([tenantId, subject]);
    if (row === undefined) return undefined;
    const { tenant_id, marks, ...user } = row;
    return { authority: { tenant_id, user: user.id === null ? null : user }, marks: marks ?? [] };
  };
}
