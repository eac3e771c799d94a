/** Each half of tenant isolation alone: what is left when the other one is switched off, and that both are on. */
import { testDatabase } from '@tenant-registry/db/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listOperations, type Operation } from '../src/http/operations.ts';
import { keyActor, tokenActor } from '../src/kernel/actor.ts';
import { type ActorContext, noRequest } from '../src/kernel/context.ts';
import { DomainError } from '../src/kernel/errors.ts';
import { SCOPE_PREFIX } from '../src/kernel/permissions.ts';
import { grants } from '../src/modules.ts';
import { type Held, heldFor, heldWithAll, inputOf, thingsIn, walkOf } from './support/requests.ts';
import { newProject, newTenant, startTestServer, type TestServer } from './support/server.ts';

let server: TestServer;
let own: Held;
/** Another tenant with one of everything; no test may change it. */
let foreign: Held;
beforeAll(async () => {
  server = await startTestServer();
  [own, foreign] = [await heldWithAll(server), await heldWithAll(server)];
});
afterAll(() => server.close());

/** The context of an operator, to whom the application refuses nothing, while the database shows one tenant alone. */
function unchecked(tenant_id: string, project_id: string | null = null): ActorContext {
  const { deps } = server.app;
  const db = deps.forTenant({ tenant_id, project_id });
  const permissions = new Set(listOperations().flatMap(({ permission }) => permission ?? []));
  const actor = { ...tokenActor(grants, 'operator'), permissions };
  return { ...deps, ...noRequest, db, root: deps.db, actor, requestId: 'unchecked', answerHeaders: new Map() };
}

/** The context of a key of a tenant that the application checks, and to which the database shows everything. */
function unscoped(tenant_id: string, project_id: string | null = null): ActorContext {
  const { db } = server.app.deps;
  const scopes = grants.byKeys.map((permission) => SCOPE_PREFIX + permission);
  const actor = keyActor(grants, { key_id: 'key', name: 'key', tenant_id, project_id, scopes, owner: null });
  return { ...unchecked(tenant_id), db, actor };
}

function perform({ call, procedure: path, type }: Operation, ctx: ActorContext, input: unknown): Promise<unknown> {
  return call({ ctx, path, type, getRawInput: async () => input, signal: undefined, batchIndex: 0 });
}

/** Every row of the tenant, in every table that has rows of tenants. */
async function rowsOf({ tenant_id }: Held): Promise<unknown> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.columns
    where table_schema = 'public' and column_name = 'tenant_id' order by 1`.execute(server.app.deps.db);
  const found: Record<string, unknown> = {};
  for (const { name } of tables) {
    const { rows } = await sql`
      select t::text from ${sql.table(name)} as t where tenant_id = ${tenant_id} order by 1`.execute(
      server.app.deps.db,
    );
    found[name] = rows;
  }
  const { rows } = await sql`select t::text from tenants as t where id = ${tenant_id}`.execute(server.app.deps.db);
  return { ...found, tenants: rows };
}

const operations = listOperations()
  .filter((operation) => walkOf(operation).withoutRows === undefined)
  .map((operation) => ({ operation, name: operation.route.operation }));

/** The ids and secrets of a tenant: no answer to another tenant may contain one. */
const marksOf = (held: Held) => Object.values(thingsIn(held)).filter((value) => value.length > 20);

// proves A66
describe('without the check of the application', () => {
  test.each(operations)('$name shows and changes nothing of another tenant', async ({ operation }) => {
    const target = walkOf(operation).after === undefined ? foreign : await heldFor(server, operation);
    const before = await rowsOf(target);
    const outcome = await perform(operation, unchecked(own.tenant_id), inputOf(operation, target)).then(
      (answer) => ({ answer }),
      (error: Error) => ({ answer: null, error }),
    );
    const shown = JSON.stringify(outcome.answer);
    for (const mark of marksOf(target)) expect(shown).not.toContain(mark);
    expect(await rowsOf(target)).toEqual(before);
  });

  test('equal requests for the own tenant work, so it is the database that refuses', async () => {
    // Of what operators alone may ask for, the database shows tenants nothing, their own neither.
    const tenantsHold = server.app.deps.grants.ofRoles(['admin', 'billing', 'member']);
    const inside = operations.filter(
      ({ operation: { type, input, permission } }) =>
        type === 'query' && 'tenant_id' in input.shape && (permission === null || tenantsHold.has(permission)),
    );
    expect(inside.length).toBeGreaterThan(5);
    for (const { operation } of inside) {
      const answer = await perform(operation, unchecked(own.tenant_id), inputOf(operation, own));
      expect(answer, operation.route.operation).toBeTruthy();
    }
    const made = await perform(
      listOperations().find(({ route }) => route.operation === 'create_project') as Operation,
      unchecked(own.tenant_id),
      { tenant_id: own.tenant_id, slug: 'inside', name: 'Inside' },
    );
    expect(made).toMatchObject({ tenant_id: own.tenant_id });
  });
});

describe('without the check of the database', () => {
  const codeOf = (outcome: Promise<unknown>) =>
    outcome.then(
      (answer) => answer,
      ({ cause }: Error) => (cause instanceof DomainError ? cause.definition.code : cause),
    );
  const named = (name: string) => listOperations().find(({ route }) => route.operation === name) as Operation; // the test names one of the list
  const items = async (name: string, ctx: ActorContext, input: object = {}) =>
    ((await perform(named(name), ctx, input)) as { items: Record<string, string>[] }).items;

  const ofTenants = operations.filter(
    ({ operation: { permission }, name }) =>
      name !== 'list_tenants' && grants.byKeys.some((each) => each === permission),
  );
  test.each(ofTenants)('$name is not_found for another tenant, and does nothing', async ({ operation }) => {
    const before = await rowsOf(foreign);
    expect(await codeOf(perform(operation, unscoped(own.tenant_id), inputOf(operation, foreign)))).toBe('not_found');
    expect(await rowsOf(foreign)).toEqual(before);
  });

  test('lists that name no tenant are of the own one alone', async () => {
    for (const [name, field] of [
      ['list_tenants', 'id'],
      ['list_catalog_requests', 'tenant_id'],
      ['list_audit_events', 'tenant_id'],
    ] as const) {
      const found = await items(name, unscoped(own.tenant_id));
      expect(new Set(found.map((item) => item[field])), name).toEqual(new Set([own.tenant_id]));
    }
  });

  test('a key that is bound to a project sees no other project, and nothing outside of projects', async () => {
    const sibling = (await newProject(server, own.tenant_id)).id;
    const ctx = unscoped(own.tenant_id, own.project);
    for (const name of ['get_project', 'update_project', 'archive_project'])
      expect(await codeOf(perform(named(name), ctx, { id: sibling })), name).toBe('not_found');
    for (const name of ['revoke_api_key', 'rotate_api_key'])
      expect(await codeOf(perform(named(name), ctx, { id: own.apiKey })), name).toBe('not_found');
    expect(await codeOf(perform(named('get_audit_event'), ctx, { id: own.auditEvent }))).toBe('not_found');
    const tenant_id = own.tenant_id;
    expect((await items('list_projects', ctx, { tenant_id })).map(({ id }) => id)).toEqual([own.project]);
    expect(await items('list_api_keys', ctx, { tenant_id })).toEqual([]); // the one that it holds belongs to none
    const events = await items('list_audit_events', ctx, { tenant_id });
    expect(new Set(events.map(({ project_id }) => project_id))).toEqual(new Set([own.project]));
  });
});

test('a caller of a tenant is given the handle of the tenant, and of the project when bound to one', async () => {
  const database = await testDatabase();
  const asked: unknown[] = [];
  const forTenant: typeof database.forTenant = (scope) => {
    asked.push(scope);
    return database.forTenant(scope);
  };
  const other = await startTestServer({ database: { ...database, forTenant } });
  const { id: tenant_id } = await newTenant(other);
  const { id: project } = await newProject(other, tenant_id);
  expect(asked).toEqual([]);
  for (const project_id of [null, project]) {
    const scopes = ['registry:projects:read'];
    const body = { tenant_id, name: 'x', scopes, ...(project_id === null ? {} : { project_id }) };
    const { body: key } = await other.call('POST /v1/api-keys', { body });
    expect((await other.call(`GET /v1/projects/${project}`, { token: key.key })).status).toBe(200);
    expect(asked.splice(0)).toEqual([{ tenant_id, project_id }]);
  }
  await other.close();
});
