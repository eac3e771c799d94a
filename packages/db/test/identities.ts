/** Makes people, programs, groups and what binds them by plain inserts, past every service. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Insertable } from 'kysely';
import type { Db } from '../src/handles.ts';
import type {
  ApiKeys,
  DB,
  GroupMemberships,
  GroupParents,
  Groups,
  PasswordLinks,
  RoleBindings,
  ServiceIdentities,
  SignInFlows,
  SpiffeTrustBundles,
  TenantProjects,
  UserSessions,
  Users,
} from '../src/schema.ts';
import { json } from '../src/types.ts';
import { unique } from './support.ts';

/** The tables that hold the identity of a tenant's people and programs. */
export const identityTables = [
  'group_memberships',
  'group_parents',
  'groups',
  'password_links',
  'role_bindings',
  'service_identities',
  'sign_in_flows',
  'spiffe_trust_bundles',
  'user_sessions',
  'users',
] as const satisfies readonly (keyof DB)[];

type Some<T> = Partial<Insertable<T>>;
/** The values that a row cannot do without, and any others. */
type With<T, Needed extends keyof Insertable<T>> = Some<T> & Pick<Insertable<T>, Needed>;

const expires_at = '2100-01-01T00:00:00Z';

/** Each function inserts one row of the tenant; those of rows with an id resolve to it. */
export function makersOf(db: Db) {
  const insert = async (table: keyof DB, row: object): Promise<string> => {
    const id = 'id' in row ? row.id : randomUUID();
    const values = withoutId.has(table) ? row : { ...row, id };
    await db.insertInto(table).values(values).execute();
    return String(id);
  };
  return {
    user: (tenant_id: string, values: Some<Users> = {}) =>
      insert('users', { tenant_id, external_subject: unique('https://idp|'), display_name: 'Ada', ...values }),
    session: (tenant_id: string, values: With<UserSessions, 'user_id'>) =>
      insert('user_sessions', { tenant_id, session_hash: randomBytes(32), expires_at, ...values }),
    link: (tenant_id: string, values: With<PasswordLinks, 'user_id'>) =>
      insert('password_links', { tenant_id, token_hash: randomBytes(32), expires_at, ...values }),
    flow: (tenant_id: string, values: With<SignInFlows, 'idp_config_id'>) => {
      const begun = { flow_hash: randomBytes(32), idp_config_version: 1, return_to: '/', expires_at };
      return insert('sign_in_flows', { tenant_id, ...begun, ...values });
    },
    service: (tenant_id: string, values: Some<ServiceIdentities> = {}) => {
      const identity = { display_name: 'Importer', federation_kind: 'api_token', subject: unique('s') };
      return insert('service_identities', { tenant_id, ...identity, ...values });
    },
    bundle: (tenant_id: string, values: Some<SpiffeTrustBundles> = {}) =>
      insert('spiffe_trust_bundles', { tenant_id, trust_domain: 'acme.example', keys: json({}), ...values }),
    group: (tenant_id: string, values: Some<Groups> = {}) =>
      insert('groups', { tenant_id, slug: unique('g'), display_name: 'Staff', ...values }),
    membership: (tenant_id: string, values: With<GroupMemberships, 'group_id'>) =>
      insert('group_memberships', { tenant_id, ...values }),
    parent: (tenant_id: string, values: With<GroupParents, 'parent_id' | 'child_id'>) =>
      insert('group_parents', { tenant_id, ...values }),
    binding: (tenant_id: string, values: With<RoleBindings, 'project_id'>) =>
      insert('role_bindings', { tenant_id, level: 'viewer', ...values }),
    project: (tenant_id: string, values: Some<TenantProjects> = {}) =>
      insert('tenant_projects', { tenant_id, slug: unique('p'), name: 'Web', ...values }),
    config: (tenant_id: string) =>
      insert('tenant_idp_config', { tenant_id, kind: 'oidc', alias: 'main', issuer: unique('https://idp') }),
    key: (tenant_id: string, values: Some<ApiKeys> = {}) =>
      insert('api_keys', { tenant_id, name: 'ci', prefix: 'x', hash: unique('h'), ...values }),
  };
}

const withoutId: ReadonlySet<keyof DB> = new Set(['password_links', 'sign_in_flows', 'group_parents']);

/** What an id can refer to, of one tenant. */
export interface World {
  readonly tenant: string;
  readonly user: string;
  readonly service: string;
  readonly group: string;
  readonly child: string;
  readonly project: string;
  readonly config: string;
}

/** Inserts a row of the table that refers to rows of the world. */
export function insertRow(db: Db, table: (typeof identityTables)[number], world: World): Promise<string> {
  const make = makersOf(db);
  const { tenant, user, group, child, project, config } = world;
  switch (table) {
    case 'users':
      return make.user(tenant);
    case 'service_identities':
      return make.service(tenant, { project_id: project });
    case 'spiffe_trust_bundles':
      return make.bundle(tenant);
    case 'groups':
      return make.group(tenant);
    case 'user_sessions':
      return make.session(tenant, { user_id: user });
    case 'password_links':
      return make.link(tenant, { user_id: user });
    case 'sign_in_flows':
      return make.flow(tenant, { idp_config_id: config });
    case 'group_memberships':
      return make.membership(tenant, { group_id: group, principal_user_id: user });
    case 'group_parents':
      return make.parent(tenant, { parent_id: group, child_id: child });
    case 'role_bindings':
      return make.binding(tenant, { project_id: project, user_id: user });
  }
}

/** Resolves to one of everything in the tenant, and two groups without an edge. */
export async function worldOf(db: Db, tenant: string): Promise<World> {
  const make = makersOf(db);
  return {
    tenant,
    user: await make.user(tenant),
    service: await make.service(tenant),
    group: await make.group(tenant),
    child: await make.group(tenant),
    project: await make.project(tenant),
    config: await make.config(tenant),
  };
}
