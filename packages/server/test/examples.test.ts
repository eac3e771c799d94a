// engine: pglite
/** The examples of the document, sent as they stand to a registry that has just been started for the first time. */

import { createMemoryProvisioner } from '@tenant-registry/provisioner/testing';
import { beforeEach, expect, test } from 'vitest';
import { isJson, type Json, member } from '../src/http/openapi/json.ts';
import { openapiDocument } from '../src/http/openapi.ts';
import { listOperations } from '../src/http/operations.ts';
import { FIRST_TENANT } from '../src/kernel/first-tenant.ts';
import { resolve } from '../src/openapi-cli/schema-changes.ts';
import { seed } from '../src/seed.ts';
import { memoryDatabases } from '../src/testing.ts';
import { signNow } from './support/audit-log.ts';
import { createGroup } from './support/groups.ts';
import { newPerson, newSession, type TestPerson } from './support/people.ts';
import { type Answer, type CallOptions, testServer } from './support/server.ts';
import { deliveriesOf, sequenceAll } from './support/webhooks.ts';

const document: Json = JSON.parse(JSON.stringify(openapiDocument()));

interface Described {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly operation: Json;
}

const operations: readonly Described[] = Object.entries(member(document, 'paths')).flatMap(([path, item]) =>
  Object.entries(isJson(item) ? item : {}).map(([method, described]) => {
    const operation = isJson(described) ? described : {};
    return { id: String(operation['operationId']), method: method.toUpperCase(), path, operation };
  }),
);
const byId = new Map(operations.map((each) => [each.id, each]));

/** By operation: the one that creates what its path names, as the links of the document say. Acme is there already. */
const creators = new Map(
  operations
    .filter(({ id }) => id !== 'create_tenant')
    .flatMap(({ id, operation }) =>
      Object.keys(member(member(member(operation, 'responses'), '201'), 'links')).map((linked) => [linked, id]),
    ),
);

creators.set('authorize_api_key', 'create_api_key');
creators.set('get_audit_redaction', 'request_audit_redaction');

/** Operations that must come first, because acme is active and has every product of the catalog. */
const before: Readonly<Record<string, readonly string[]>> = {
  activate_tenant: ['cancel_tenant'],
  archive_tenant: ['cancel_tenant'],
  delete_tenant: ['cancel_tenant', 'archive_tenant'],
  request_trial: ['revoke_entitlement'],
  remove_trust_bundle: ['set_trust_bundle'],
  remove_audit_retention: ['set_audit_retention'],
  release_audit_hold: ['place_audit_hold'],
  get_network: ['set_network'],
  delete_network: ['set_network'],
  get_network_usage: ['set_network'],
  get_sub_range: ['set_network'],
  set_sub_range: ['set_network'],
  delete_sub_range: ['set_network'],
  enroll_node: ['set_network'],
  mark_node_ready: ['set_network'],
  take_node_address: ['set_network'],
};

/** Operations that must come on what was created. */
const between: Readonly<Record<string, string>> = {
  get_sub_range: 'set_sub_range',
  delete_sub_range: 'set_sub_range',
  mark_node_ready: 'enroll_node',
};

/** Bodies that name a second thing besides the one in the path: no example can know its id. */
const bodies: Readonly<Record<string, (example: Json) => Promise<Json>>> = {
  set_role_binding: async (example) => ({ ...example, principal: { type: 'group', id: (await otherGroup()).id } }),
  // What only a link has, which is made for one person, and whom no example can know.
  redeem_password_link: async (example) => ({ ...example, token: await linkOf(await person()) }),
  create_config: async (example) => ({ ...example, key: 'flags' }),
  add_group_member: async () => ({ principal: { type: 'group', id: (await otherGroup()).id } }),
  create_resource: async (example) => ({ ...example, project_id: (await newProject()).id }),
  create_node: async (example) => {
    const { id: resource_id, project_id } = (await send(byId.get('create_resource') as Described)).body;
    return { ...example, project_id, resource_id };
  },
  add_group_child: async () => ({ child_id: (await otherGroup()).id }),
};

/** A world of the name that the examples have. */
const provisioners = new Map([['local', createMemoryProvisioner]]);
const tiers = [...memoryDatabases.tiers].map(([name, tier]) => [name, { ...tier, provisioner: 'local' }] as const);
const server = testServer({ databases: { installation: 'examples', tiers: new Map(tiers), provisioners } });

/** Acme's person of the examples, with the password of the examples. */
const person = () => newPerson(server, FIRST_TENANT.id, { email: 'jane@acme.example', roles: ['admin'] });

async function linkOf({ id }: TestPerson): Promise<string> {
  const { body } = await server.call(`POST /v1/users/${id}/password-link`);
  return new URL(body.url).hash.replace('#token=', '');
}

/** Who sends an example: the operator, and what is of a person alone, that person. */
async function callerOf({ id, path }: Described): Promise<CallOptions> {
  if (id === 'sign_in') await person();
  const isPersonal = path.startsWith('/v1/auth/') || path.startsWith('/v1/me/');
  if (isPersonal && !isPublic(id)) return (await personInSession()).options;
  return { token: path.startsWith('/v1/internal/') ? server.internalToken : server.operatorToken };
}

const isPublic = (id: string) => listOperations().some(({ route, isPublic }) => isPublic && route.operation === id);

let jane: Awaited<ReturnType<typeof newSession>> | undefined;

/** The session of the person in a test: what one example made, the next one finds. */
async function personInSession() {
  jane ??= await newSession(server, await person());
  return jane;
}

/** A webhook that has just been created, with the id of a delivery to it. */
async function withDelivery(webhook: Answer['body']) {
  await sequenceAll(server);
  const [delivery] = await deliveriesOf(server, webhook.id);
  return { ...webhook, delivery_id: delivery.id };
}

/** A new project of acme. */
const newProject = async () => (await send(byId.get('create_project') as Described)).body;

/** A key of a new project of acme, at version 1, with the names that paths and queries have for it. */
async function newConfig(): Promise<Json> {
  const project_id = String((await newProject()).id);
  const put = { content: { max_users: 40 }, expected_version: 0 };
  const { body } = await server.call(`PUT /v1/projects/${project_id}/configs/limits`, { body: put });
  return { project_id, key: 'limits', version: 1, cursor: body.cursor, reader: 'billing' };
}

/** Databases that were ordered are there. */
async function made(): Promise<void> {
  const { deps, workers } = server.app;
  await workers.find(({ name }) => name === 'databases-reconcile')?.runOnce(deps, new AbortController().signal);
  await deps.databaseReconciler.idle();
}

const otherGroup = () => createGroup(server, FIRST_TENANT.id);

beforeEach(async () => {
  jane = undefined;
  const { items } = (await server.call('GET /v1/tenants?limit=200')).body;
  const databases = (await server.call('GET /v1/databases?limit=200')).body;
  for (const { id, name } of databases.items)
    await server.call(`DELETE /v1/databases/${id}?confirm=${name}&abandon=true`);
  for (const { id } of items) {
    for (const step of ['cancel', 'archive']) await server.call(`POST /v1/tenants/${id}/${step}`);
    expect((await server.call(`DELETE /v1/tenants/${id}`)).status).toBe(204);
  }
  // They outlive their tenants.
  for (const table of ['audit_holds', 'audit_retention'] as const) await server.app.deps.db.deleteFrom(table).execute();
  await seed(server.app.deps);
  await createGroup(server, FIRST_TENANT.id, { slug: 'payments' });
});

const CURSOR = /^[0-9a-f]{12}\.\d+$/;

/** Sends the example of the operation, for what the answer before has created when its path names that. */
async function send(described: Described, created?: Answer['body']): Promise<Answer> {
  const { id, method, path, operation } = described;
  const parameters = (Array.isArray(operation['parameters']) ? operation['parameters'] : [])
    .filter(isJson)
    .map((each) => resolve(each, document));
  const query = new URLSearchParams();
  let filled = path;
  for (const { name, in: where, required, schema } of parameters) {
    const examples = member({ schema }, 'schema')['examples'];
    const [example] = Array.isArray(examples) ? examples : [];
    if (example === undefined && required !== true) continue;
    if (where === 'path')
      filled = filled.replace(
        `{${name}}`,
        encodeURIComponent(created?.[String(name)] ?? created?.id ?? String(example)),
      );
    // No example can know a state of a project that was made a moment ago.
    if (where === 'query') query.set(String(name), CURSOR.test(String(example)) ? created.cursor : String(example));
  }
  const content = member(member(member(operation, 'requestBody'), 'content'), 'application/json');
  const body = member(member(content, 'examples'), 'example')['value'];
  const call = `${method} ${filled}${query.size > 0 ? `?${query}` : ''}`;
  // The client of a gateway shows its own key.
  if (id === 'authorize_api_key')
    return server.call(call, { token: created.key, headers: { 'x-registry-token': server.internalToken } });
  const caller = await callerOf(described);
  return server.call(call, { ...caller, body: isJson(body) ? ((await bodies[id]?.(body)) ?? body) : body });
}

// proves A54
test.each(operations)('the example of $id succeeds on a first start', async (described) => {
  let created: Answer['body'];
  for (const step of [...(before[described.id] ?? []), creators.get(described.id) ?? []].flat()) {
    const answer = await send(byId.get(step) ?? described);
    expect(answer.status, `${step}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    if (step === creators.get(described.id)) created = answer.body;
  }
  const step = byId.get(between[described.id] ?? '');
  if (step !== undefined) expect((await send(step, created)).status).toBe(200);
  if (described.id === 'end_own_session') created = await personInSession();
  if (/\/config(s|-\w+)/.test(described.path)) created = await newConfig();
  if (described.path.startsWith('/v1/schemas/')) created = { ...created, version: 1 };
  if (['rotate_database', 'get_database_connection'].includes(described.id)) await made();
  if (/\/audit\/(checkpoint|consistency|\{id\}\/proof)$/.test(described.path)) await signNow(server);
  if (described.path.includes('{delivery_id}')) created = await withDelivery(created);
  const { status, body } = await send(described, created);
  expect(status, JSON.stringify(body)).toBeLessThan(300);
  const documented = Object.keys(member(described.operation, 'responses')).filter((each) => each < '300');
  expect(documented).toEqual([String(status)]);
});
