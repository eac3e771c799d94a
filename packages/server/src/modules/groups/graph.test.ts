// engine: postgres
/** The graph of groups against a model of it, and the shapes that would cost too much. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createGroupModel, type Edge, type EdgeKind } from '../../../test/support/group-model.ts';
import { newServiceIdentity, newUser } from '../../../test/support/role-holders.ts';
import { newTenant, testServer } from '../../../test/support/server.ts';

const server = testServer();

/** Makes so many groups in a tenant, straight in the table. */
async function newGroups(tenant_id: string, count: number): Promise<string[]> {
  const rows = Array.from({ length: count }, (_, index) => ({
    id: randomUUID(),
    tenant_id,
    slug: `g-${index}`,
    display_name: `Group ${index}`,
  }));
  await server.app.deps.db.insertInto('groups').values(rows).execute();
  return rows.map(({ id }) => id);
}

/** Puts the edges past the service. */
async function insertEdges(tenant_id: string, ids: readonly string[], edges: readonly Edge[]): Promise<void> {
  for (const { kind, parent, child } of edges) {
    const [parent_id = '', child_id = ''] = [ids[parent], ids[child]];
    const { db } = server.app.deps;
    await (kind === 'child'
      ? db.insertInto('group_parents').values({ tenant_id, parent_id, child_id }).execute()
      : db
          .insertInto('group_memberships')
          .values({ tenant_id, group_id: parent_id, principal_group_id: child_id })
          .execute());
  }
}

const edgeOf = (kind: EdgeKind, parent: string, child_id: string) =>
  kind === 'child'
    ? server.call(`POST /v1/groups/${parent}/children`, { body: { child_id } })
    : server.call(`POST /v1/groups/${parent}/members`, { body: { principal: { type: 'group', id: child_id } } });

async function effectiveOf(group: string): Promise<Map<string, number>> {
  const { status, body } = await server.call(`GET /v1/groups/${group}/members?effective=true&limit=200`);
  expect([status, body.next_cursor]).toEqual([200, null]);
  const items: { principal: { id: string }; depth: number }[] = body.items;
  expect(new Set(items.map(({ principal }) => principal.id)).size).toBe(items.length);
  return new Map(items.map(({ principal, depth }) => [principal.id, depth]));
}

const GROUPS = 36;
const CHAIN = 30;
/** The ends of a chain that is there from the start, its middle, and groups beside it. */
const node = fc.constantFrom(0, 1, 15, CHAIN - 2, CHAIN - 1, 30, 31, 32, 33, 34, 35);
const edge = fc.record({ kind: fc.constantFrom<EdgeKind>('member', 'child'), parent: node, child: node });
const joining = fc.record({ group: node, principal: fc.nat({ max: 3 }) });
const step = fc.oneof(
  { weight: 5, arbitrary: edge.map((value) => ({ what: 'add', edge: value }) as const) },
  { weight: 2, arbitrary: edge.map((value) => ({ what: 'remove', edge: value }) as const) },
  { weight: 1, arbitrary: fc.nat({ max: CHAIN - 2 }).map((at) => ({ what: 'remove', edge: chained(at) }) as const) },
  { weight: 2, arbitrary: joining.map((value) => ({ what: 'join', ...value }) as const) },
  { weight: 1, arbitrary: joining.map((value) => ({ what: 'leave', ...value }) as const) },
);

function chained(at: number): Edge {
  return { kind: at % 2 === 0 ? 'child' : 'member', parent: at, child: at + 1 };
}

// proves C46, C52, C54, C55, C56
test('after any sequence of changes, what was accepted and who is in whom are as the model says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      const { id: tenant_id } = await newTenant(server);
      const ids = await newGroups(tenant_id, GROUPS);
      const model = createGroupModel();
      const chain = Array.from({ length: CHAIN - 1 }, (_, at) => chained(at));
      for (const each of chain) expect(model.add(each)).toBe('added');
      await insertEdges(tenant_id, ids, chain);
      const programs = [await newServiceIdentity(server, tenant_id), await newServiceIdentity(server, tenant_id)];
      const principals = [(await newUser(server, tenant_id)).id, (await newUser(server, tenant_id)).id, ...programs];
      const typeOf = (principal: string) => (programs.includes(principal) ? 'service_identity' : 'user');

      for (const each of steps) {
        if (each.what === 'add') {
          const { kind, parent, child } = each.edge;
          const { status, body } = await edgeOf(kind, ids[parent] ?? '', ids[child] ?? '');
          const answer = status === 201 || body.added === true ? 'added' : body.added === false ? 'there' : body.code;
          const verdict = model.add(each.edge);
          const told = verdict === 'there' && kind === 'child' ? 'group_parent_exists' : verdict;
          expect(answer).toBe(told);
        } else if (each.what === 'remove') {
          const { kind, parent, child } = each.edge;
          const path =
            kind === 'child' ? `children/${ids[child]}` : `members?principal_type=group&principal_id=${ids[child]}`;
          const { body } = await server.call(`DELETE /v1/groups/${ids[parent]}/${path}`);
          expect(body.removed).toBe(model.remove(each.edge));
        } else {
          const [group, id = ''] = [ids[each.group], principals[each.principal]];
          if (each.what === 'join') {
            const body = { principal: { type: typeOf(id), id } };
            const answer = await server.call(`POST /v1/groups/${group}/members`, { body });
            expect(answer.body).toEqual({ added: model.join(each.group, id) });
          } else {
            const query = `principal_type=${typeOf(id)}&principal_id=${id}`;
            const { body } = await server.call(`DELETE /v1/groups/${group}/members?${query}`);
            expect(body.removed).toBe(model.leave(each.group, id));
          }
        }
      }
      const asked = [0, 1, 15, CHAIN - 1, 30, 31, 32, 33, 34, 35];
      for (const group of asked) expect(await effectiveOf(ids[group] ?? '')).toEqual(model.effective(group));
      for (const id of principals) expect(await groupsOf(id, typeOf(id))).toEqual(modelled(id));

      function modelled(principal: string): Map<string, number> {
        const found = ids.map((id, group) => [id, model.effective(group).get(principal)] as const);
        return new Map(found.flatMap(([id, depth]) => (depth === undefined ? [] : [[id, depth]])));
      }
    }),
    { numRuns: 12 },
  );
});

/** What the resolver behind every authentication says. */
async function groupsOf(id: string, type: 'user' | 'service_identity'): Promise<Map<string, number>> {
  const [user, program] = type === 'user' ? [id, null] : [null, id];
  const { rows } = await sql<{ group_id: string; depth: number }>`
    select group_id, depth from groups_of_principal(${user}::uuid, ${program}::uuid)`.execute(server.app.deps.db);
  return new Map(rows.map(({ group_id, depth }) => [group_id, depth]));
}

// proves C56
test('31 diamonds on top of each other, with 2^31 ways through them, are changed and listed like any others', async () => {
  const { id: tenant_id } = await newTenant(server);
  const LAYERS = 32;
  const ids = await newGroups(tenant_id, 2 * LAYERS + 1);
  const edges = Array.from({ length: LAYERS - 1 }, (_, layer) =>
    [0, 1].flatMap((parent) =>
      [2, 3].map((child) => ({ kind: 'child' as const, parent: 2 * layer + parent, child: 2 * layer + child })),
    ),
  ).flat();
  const last = edges.pop();
  await insertEdges(tenant_id, ids, edges);
  const [top = '', bottom = '', beyond = ''] = [ids[0], ids[2 * LAYERS - 1], ids[2 * LAYERS]];
  expect((await edgeOf('child', ids[last?.parent ?? 0] ?? '', ids[last?.child ?? 0] ?? '')).status).toBe(201);
  const tooDeep = await edgeOf('member', bottom, beyond);
  expect([tooDeep.status, tooDeep.body.code]).toEqual([409, 'group_too_deep']);
  const circular = await edgeOf('member', bottom, top);
  expect([circular.status, circular.body.code]).toEqual([409, 'group_cycle']);
  const { id: user } = await newUser(server, tenant_id);
  await server.call(`POST /v1/groups/${bottom}/members`, { body: { principal: { type: 'user', id: user } } });
  expect(await effectiveOf(top)).toEqual(new Map([[user, LAYERS]]));
  expect((await groupsOf(user, 'user')).size).toBe(2 * LAYERS - 1);
});

// proves C56
test('a circle that came past the service ends every walk, takes no further group, and can be opened again', async () => {
  const { id: tenant_id } = await newTenant(server);
  const ids = await newGroups(tenant_id, 3);
  const [a = '', b = '', c = ''] = ids;
  await insertEdges(tenant_id, ids, [
    { kind: 'child', parent: 0, child: 1 },
    { kind: 'member', parent: 1, child: 0 },
  ]);
  const { id: user } = await newUser(server, tenant_id);
  await server.call(`POST /v1/groups/${b}/members`, { body: { principal: { type: 'user', id: user } } });
  expect(await effectiveOf(a)).toEqual(new Map([[user, 2]]));
  expect(await groupsOf(user, 'user')).toEqual(
    new Map([
      [b, 1],
      [a, 2],
    ]),
  );
  for (const [parent, child] of [
    [a, c],
    [c, a],
  ] as const) {
    const { status, body } = await edgeOf('child', parent, child);
    expect([status, body.code]).toEqual([409, 'group_too_deep']);
  }
  expect((await server.call(`DELETE /v1/groups/${a}/children/${b}`)).body.removed).toBe(true);
  expect((await edgeOf('child', a, c)).status).toBe(201);
});

test('of opposite edges that are all asked for at once, exactly those stay that close no circle', async () => {
  const { id: tenant_id } = await newTenant(server);
  const ids = await newGroups(tenant_id, 5);
  const pairs = ids.flatMap((parent) =>
    ids.filter((child) => child !== parent).map((child) => [parent, child] as const),
  );
  const asked = pairs.flatMap(([parent, child]) =>
    (['child', 'member'] as const).map((kind) => ({ kind, parent, child })),
  );
  const answers = await Promise.all(
    asked.map(async (each) => ({ ...each, answer: await edgeOf(each.kind, each.parent, each.child) })),
  );
  const accepted = answers.filter(({ answer }) => answer.status < 300);
  const refused = answers.filter(({ answer }) => answer.status >= 300);
  expect(new Set(refused.map(({ answer }) => answer.body.code))).toEqual(new Set(['group_cycle']));
  const below = (from: string): Set<string> => {
    const found = new Set<string>();
    const visit = (group: string) => {
      for (const { parent, child } of accepted)
        if (parent === group && !found.has(child)) visit(found.add(child) && child);
    };
    visit(from);
    return found;
  };
  for (const id of ids) expect(below(id).has(id)).toBe(false);
  for (const { parent, child } of refused) expect(below(child).has(parent)).toBe(true);
  // One of two opposite edges stays, of either kind.
  expect(accepted).toHaveLength(pairs.length);
});

test('groups that are deleted while they are put into each other are answered, each as if alone', async () => {
  const { id: tenant_id } = await newTenant(server);
  const ids = await newGroups(tenant_id, 6);
  const joined = ids.flatMap((parent, index) => ids.slice(index + 1).map((child) => [parent, child] as const));
  const answers = await Promise.all([
    ...joined.flatMap(([parent, child]) => [edgeOf('child', parent, child), edgeOf('member', parent, child)]),
    ...ids.map((id) => server.call(`DELETE /v1/groups/${id}`)),
  ]);
  for (const { status, body } of answers) expect([200, 201, 404], JSON.stringify(body)).toContain(status);
  for (const table of ['group_parents', 'group_memberships', 'groups'] as const) {
    const rows = await server.app.deps.db.selectFrom(table).selectAll().where('tenant_id', '=', tenant_id).execute();
    expect([table, rows]).toEqual([table, []]);
  }
});
