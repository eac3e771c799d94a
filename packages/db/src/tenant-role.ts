/** The database role that tenant-scoped work runs as. Roles belong to the whole cluster, so several registries share it. */
import { type QueryExecutorProvider, sql } from 'kysely';

/** The role cannot log in or bypass row-level security, owns nothing, and has only the grants that migrations list. */
export const TENANT_ROLE = 'tenant_registry_tenant';

/** Thrown when only an administrator can go on; the message holds the exact statements to run. */
class TenantRoleError extends Error {
  readonly code = 'tenant_role';

  constructor(statements: readonly string[]) {
    const lines = statements.map((statement) => `  ${statement};`);
    super(['the role of tenants is not set up. As an administrator of the cluster, run:', ...lines].join('\n'));
    this.name = 'TenantRoleError';
  }
}

/**
 * Makes the role and lets the connected user take it on, as far as either is missing; throws `TenantRoleError` when the
 * user may not. Several databases of the cluster may run it at once. For migrations.
 */
export async function ensureTenantRole(db: QueryExecutorProvider): Promise<void> {
  const { role_exists, may_create_roles } = await findTenantRole(db);
  if (!role_exists && may_create_roles) {
    // The migration of another database may commit the role while this one waits for it.
    await sql`
      do $$ begin
        create role ${sql.id(TENANT_ROLE)} nologin;
      exception when duplicate_object or unique_violation then null;
      end $$`.execute(db);
  }
  const { may_set, may_grant, user } = await findTenantRole(db);
  if (!may_set && may_grant) await sql.raw(grantStatement(user)).execute(db);
  await requireTenantRole(db);
}

/** Throws `TenantRoleError` unless the connected user can take on the role and the role has no power of its own. */
export async function requireTenantRole(db: QueryExecutorProvider): Promise<void> {
  const statements = missingStatements(await findTenantRole(db));
  if (statements.length > 0) throw new TenantRoleError(statements);
}

interface TenantRoleState {
  /** The connected user, quoted as an identifier. */
  readonly user: string;
  readonly may_create_roles: boolean;
  readonly role_exists: boolean;
  readonly may_set: boolean;
  readonly may_grant: boolean;
  readonly has_power: boolean;
  /** The roles whose rights the role of tenants would have, quoted. */
  readonly member_of: readonly string[];
}

async function findTenantRole(db: QueryExecutorProvider): Promise<TenantRoleState> {
  const { rows } = await sql<TenantRoleState>`
    select
      quote_ident(me.rolname) as user,
      me.rolsuper or me.rolcreaterole as may_create_roles,
      r.oid is not null as role_exists,
      coalesce(pg_has_role(r.oid, 'set'), false) as may_set,
      coalesce(pg_has_role(r.oid, 'usage with admin option'), false) as may_grant,
      coalesce(r.rolsuper or r.rolbypassrls or r.rolcanlogin or r.rolcreaterole or r.rolcreatedb, false) as has_power,
      array(select quote_ident(g.rolname) from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid)
        as member_of
    from pg_roles as me left join pg_roles as r on r.rolname = ${TENANT_ROLE}
    where me.rolname = current_user`.execute(db);
  const [state] = rows;
  if (state === undefined) throw new Error('the database knows no role of the connected user');
  return state;
}

function missingStatements({ user, role_exists, may_set, has_power, member_of }: TenantRoleState): string[] {
  return [
    ...(role_exists ? [] : [`create role ${TENANT_ROLE} nologin`]),
    ...(has_power ? [`alter role ${TENANT_ROLE} nosuperuser nobypassrls nologin nocreaterole nocreatedb`] : []),
    ...member_of.map((role) => `revoke ${role} from ${TENANT_ROLE}`),
    ...(may_set ? [] : [grantStatement(user)]),
  ];
}

/**
 * The grant is not inherited: the user has a tenant's rights only where it takes on the role. PostgreSQL 16 demands an
 * explicit `set true`.
 */
function grantStatement(user: string): string {
  return `grant ${TENANT_ROLE} to ${user} with inherit false, set true`;
}
