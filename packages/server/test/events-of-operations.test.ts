// engine: postgres
/** Every mutation: what it changed, its events tell; what it did not do, none does. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { listOperations, type Operation } from '../src/http/operations.ts';
import { aggregates, bookkeeping, changedBetween, snapshotOf, tablesOf } from './support/aggregates.ts';
import { countRecorded } from './support/events.ts';
import { newPerson, newSession } from './support/people.ts';
import { type Held, heldFor, nowhere, requestOf, walkOf } from './support/requests.ts';
import { addChild, addMember, bind, newGroup, newServiceIdentity, own } from './support/role-holders.ts';
import { type CallOptions, madeIn, newProject, tenantIn, testServer } from './support/server.ts';

const server = testServer();

const mutations = listOperations().filter(({ type, safe }) => type === 'mutation' && !safe);

/** Mutations of which no event tells at all. */
const WITHOUT_EVENTS: Readonly<Record<string, string>> = {
  append_audit_event: 'what a product reports is itself the record, and no change of the registry',
  append_audit_events: 'what a product reports is itself the record, and no change of the registry',
};

/** Tables whose rows go without an event of their own, by operation. */
const TOLD_BY_ANOTHER: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  delete_tenant: Object.fromEntries(
    Object.keys(aggregates)
      .filter((table) => table !== 'tenants')
      .map((table) => [table, 'tenant.deleted tells that all that the tenant held is gone, which is without bounds']),
  ),
  deactivate_idp_config: {
    user_sessions: 'idp_config.deactivated tells how many sessions ended, which may be those of all people of a tenant',
  },
};

/** What must be done first for the request to change anything. */
const FIRST: Readonly<Record<string, (held: Held) => Promise<unknown>>> = {
  activate_user: ({ user }) => server.call(`POST /v1/users/${user}/deactivate`),
  activate_service_identity: ({ serviceIdentity }) =>
    server.call(`POST /v1/service-identities/${serviceIdentity}/deactivate`),
  end_user_sessions: ({ user: id, tenant_id }) => newSession(server, { id, tenant_id, email: '' }),
  give_back_node_address: ({ node }) => server.call(`POST /v1/nodes/${node}/address`),
};

interface Told {
  readonly id: string;
  readonly action: string;
  readonly target_id: string;
}

/** The audit rows of one request, each with its event when one was written by the same transaction. */
async function toldBy(requestId: string): Promise<{ readonly told: Told[]; readonly untold: Told[] }> {
  const { rows } = await sql<Told & { with_event: boolean }>`
    select a.id, a.action, a.target_id,
      exists (select from outbox_events e where e.id = a.id and e.xmin = a.xmin and e.event_type = a.action
        and e.aggregate_id = a.target_id and e.aggregate_type = a.target_type) as with_event
    from audit_log a where a.request_id = ${requestId} and a.origin = 'registry' order by a.id`.execute(
    server.app.deps.db,
  );
  return { told: rows.filter((row) => row.with_event), untold: rows.filter((row) => !row.with_event) };
}

interface Effect {
  readonly status: number;
  readonly actions: readonly string[];
  /** Things that changed and of which no event tells. */
  readonly untold: readonly string[];
}

/** Sends the request and compares the rows that it changed with the events that it recorded. */
async function effectOf(name: string, call: string, options: CallOptions): Promise<Effect> {
  const requestId = randomUUID();
  const before = await snapshotOf(server);
  const { status } = await server.call(call, {
    ...options,
    headers: { ...options.headers, 'x-request-id': requestId },
  });
  const changed = changedBetween(before, await snapshotOf(server));
  const { told, untold } = await toldBy(requestId);
  const subjects = new Set(told.map(({ target_id }) => target_id));
  const excused = TOLD_BY_ANOTHER[name] ?? {};
  return {
    status,
    actions: told.map(({ action }) => action).sort(),
    untold: [
      ...untold.map(({ action }) => `${action} has an audit row and no event of the same transaction`),
      ...changed
        .filter(({ table, subject }) => excused[table] === undefined && !subjects.has(subject))
        .map(({ table, subject }) => `${table} of ${subject} changed`),
    ],
  };
}

test('every table is one whose rows events tell of, or is named as bookkeeping with its reason', async () => {
  const known = [...Object.keys(aggregates), ...Object.keys(bookkeeping)];
  expect((await tablesOf(server)).filter((table) => !known.includes(table) && !table.startsWith('kysely_'))).toEqual(
    [],
  );
  const names = mutations.map(({ route }) => route.operation);
  for (const each of [WITHOUT_EVENTS, TOLD_BY_ANOTHER, FIRST])
    expect(Object.keys(each).filter((name) => !names.includes(name))).toEqual([]);
});

// proves C24, C58
test.each(mutations)('$route.operation records an event of each thing that it changes', async (operation) => {
  const { operation: name, status = 200 } = operation.route;
  const held = await heldFor(server, operation);
  await FIRST[name]?.(held);
  const effect = await effectOf(name, ...requestOf(server, operation, held));
  expect([effect.status, effect.untold]).toEqual([status, []]);
  if (WITHOUT_EVENTS[name] === undefined) expect(effect.actions.length).toBeGreaterThan(0);
  else expect(effect.actions).toEqual([]);
});

describe('what goes with something else has events of its own', () => {
  /** A tenant with a project, a group in a group, and somebody else who is in both. */
  async function surroundings() {
    const { id: tenant_id } = await tenantIn(server, 'active');
    const project = await newProject(server, tenant_id);
    const [group, above] = [await newGroup(server, tenant_id), await newGroup(server, tenant_id)];
    const other = await newPerson(server, tenant_id);
    await addMember(server, { tenant_id, group_id: group, type: 'user', id: other.id });
    await bind(server, project.id, { type: 'user', id: other.id }, 'viewer');
    return { tenant_id, project: project.id as string, group, above, other };
  }

  // proves C58
  test('a user is deleted with memberships, levels, keys, sessions and its projects with all that is in them', async () => {
    const { tenant_id, project, group, above, other } = await surroundings();
    const user = await newPerson(server, tenant_id);
    const owned = await newProject(server, tenant_id);
    const { db } = server.app.deps;
    await db.updateTable('tenant_projects').set({ owner_user_id: user.id }).where('id', '=', owned.id).execute();
    const program = await newServiceIdentity(server, tenant_id, { project_id: owned.id });
    for (const group_id of [group, above]) await addMember(server, { tenant_id, group_id, type: 'user', id: user.id });
    await addMember(server, { tenant_id, group_id: group, type: 'service_identity', id: program });
    for (const id of [project, owned.id]) await bind(server, id, { type: 'user', id: user.id }, 'viewer');
    await bind(server, project, { type: 'service_identity', id: program }, 'viewer');
    await bind(server, owned.id, { type: 'user', id: other.id }, 'viewer');
    const keys = [
      await madeIn(server, tenant_id, 'api-keys', { name: 'a' }),
      await madeIn(server, tenant_id, 'api-keys', { name: 'b' }),
    ];
    await own(server, keys[0].id, { user_id: user.id });
    await own(server, keys[1].id, { service_identity_id: program });
    await newSession(server, user);
    const { status, actions, untold } = await effectOf('delete_user', `DELETE /v1/users/${user.id}?cascade=true`, {});
    expect([status, untold]).toEqual([204, []]);
    expect(actions).toEqual([
      ...['api_key.revoked', 'api_key.revoked'],
      ...['group.member_removed', 'group.member_removed', 'group.member_removed'],
      'project.deleted',
      ...['role_binding.removed', 'role_binding.removed', 'role_binding.removed', 'role_binding.removed'],
      ...['service_identity.deleted', 'session.ended', 'user.deleted'],
    ]);
  });

  // proves C58
  test('a service identity is deleted with memberships, levels and keys', async () => {
    const { tenant_id, project, group } = await surroundings();
    const program = await newServiceIdentity(server, tenant_id);
    await addMember(server, { tenant_id, group_id: group, type: 'service_identity', id: program });
    await bind(server, project, { type: 'service_identity', id: program }, 'viewer');
    const key = await madeIn(server, tenant_id, 'api-keys', { name: 'a' });
    await own(server, key.id, { service_identity_id: program });
    const call = `DELETE /v1/service-identities/${program}?cascade=true`;
    const { status, actions, untold } = await effectOf('delete_service_identity', call, {});
    expect([status, untold]).toEqual([204, []]);
    expect(actions).toEqual([
      'api_key.revoked',
      'group.member_removed',
      'role_binding.removed',
      'service_identity.deleted',
    ]);
  });

  // proves C58
  test('a group is deleted with its place in other groups and its levels', async () => {
    const { tenant_id, project, group, above } = await surroundings();
    const parent = await newGroup(server, tenant_id);
    await addMember(server, { tenant_id, group_id: above, type: 'group', id: group });
    await addChild(server, { tenant_id, parent_id: parent, child_id: group });
    await bind(server, project, { type: 'group', id: group }, 'viewer');
    const { status, actions, untold } = await effectOf('delete_group', `DELETE /v1/groups/${group}`, {});
    expect([status, untold]).toEqual([200, []]);
    expect(actions).toEqual(['group.child_removed', 'group.deleted', 'group.member_removed', 'role_binding.removed']);
  });

  // proves C58
  test('whoever makes a project is its admin from then on', async () => {
    const { tenant_id } = await surroundings();
    const person = await newPerson(server, tenant_id, { roles: ['admin'] });
    const { options } = await newSession(server, person);
    const body = { tenant_id, slug: 'web', name: 'Web' };
    const { status, actions, untold } = await effectOf('create_project', 'POST /v1/projects', { ...options, body });
    expect([status, actions, untold]).toEqual([201, ['project.created', 'role_binding.set'], []]);
  });

  // proves C58
  test('a deactivated user loses its sessions and keys, and a rotated key has a successor', async () => {
    const { tenant_id, other } = await surroundings();
    const key = await madeIn(server, tenant_id, 'api-keys', { name: 'a' });
    const rotated = await effectOf('rotate_api_key', `POST /v1/api-keys/${key.id}/rotate`, {});
    expect([rotated.status, rotated.actions]).toEqual([201, ['api_key.created', 'api_key.rotated']]);
    await own(server, key.id, { user_id: other.id });
    await newSession(server, other);
    const { actions, untold } = await effectOf('deactivate_user', `POST /v1/users/${other.id}/deactivate`, {});
    expect(untold).toEqual([]);
    expect(actions).toContain('session.ended');
  });
});

/** Sends a request that is refused, and returns what it left behind. */
async function leftBehind(call: string, options: CallOptions) {
  const [before, events] = [await snapshotOf(server), await countRecorded(server)];
  const { status } = await server.call(call, options);
  return {
    status,
    changed: changedBetween(before, await snapshotOf(server)),
    events: (await countRecorded(server)) - events,
  };
}

/** The creation of a tenant names nothing that could be absent. */
const namesThings = (operation: Operation) =>
  walkOf(operation).namesNoTenant === undefined &&
  walkOf(operation).selfOnly === undefined &&
  operation.route.operation !== 'create_tenant';

describe('a refused request leaves no change and no event', () => {
  test.each(mutations)('$route.operation with a field that it does not know', async (operation) => {
    const held = await heldFor(server, operation);
    const [call, { body, ...options }] = requestOf(server, operation, held);
    const wrong =
      body === undefined
        ? [`${call}${call.includes('?') ? '&' : '?'}nonsense=1`, options]
        : [call, { ...options, body: { ...body, nonsense: 1 } }];
    const [asked, given] = wrong as [string, CallOptions];
    expect(await leftBehind(asked, given)).toEqual({ status: 400, changed: [], events: 0 });
  });

  test.each(mutations.filter(({ isPublic }) => !isPublic))(
    '$route.operation without a credential',
    async (operation) => {
      const [call, options] = requestOf(server, operation, await heldFor(server, operation));
      expect(await leftBehind(call, { ...options, token: null, headers: {} })).toEqual({
        status: 401,
        changed: [],
        events: 0,
      });
    },
  );

  test.each(mutations.filter(namesThings))('$route.operation for a thing that is not there', async (operation) => {
    const [call, options] = requestOf(server, operation, nowhere);
    const { status, ...left } = await leftBehind(call, options);
    expect([404, 400]).toContain(status);
    expect(left).toEqual({ changed: [], events: 0 });
  });

  const previewed = mutations.filter(({ input }) => 'dry_run' in input.shape);

  test.each(previewed)('$route.operation as a dry run', async (operation) => {
    const [call, options] = requestOf(server, operation, await heldFor(server, operation));
    const left = await leftBehind(`${call}${call.includes('?') ? '&' : '?'}dry_run=true`, options);
    expect(left).toEqual({ status: 200, changed: [], events: 0 });
  });
});
