// engine: postgres
/** Edges that meet each other. Runs on PostgreSQL: PGlite has one connection, so no two changes can meet. */
import { groupEdges, tenants } from '@tenant-registry/db';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { createGroup } from '../../../test/support/groups.ts';
import { newTenant, testServer } from '../../../test/support/server.ts';

const server = testServer();

const addChild = (parent: string, child_id: string) =>
  server.call(`POST /v1/groups/${parent}/children`, { body: { child_id } });

const addMember = (parent: string, id: string) =>
  server.call(`POST /v1/groups/${parent}/members`, { body: { principal: { type: 'group', id } } });

const twoGroups = async () => {
  const { id: tenant_id } = await newTenant(server);
  return { tenant_id, a: (await createGroup(server, tenant_id)).id, b: (await createGroup(server, tenant_id)).id };
};

test.each([
  ['below', addChild],
  ['into', addMember],
])(
  'an edge waits for another one that is being made, and then sees it: a group that is put %s another',
  async (_, add) => {
    const { tenant_id, a, b } = await twoGroups();
    const { answer } = await server.app.deps.db.transaction().execute(async (tx) => {
      await tenants.lockTenantShared(tx, tenant_id);
      await groupEdges.lockGroupGraph(tx, a);
      await groupEdges.insertGroupChild(tx, { tenant_id, parent_id: a, child_id: b, created_at: server.clock.now() });
      const asked = add(b, a);
      await Promise.race([somebodyWaits(), asked]);
      return { answer: asked };
    });
    const { status, body } = await answer;
    expect([status, body.code]).toEqual([409, 'group_cycle']);
  },
);

test('of two opposite edges that begin at one moment, one stays', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { tenant_id, a, b } = await twoGroups();
    const { answers } = await server.app.deps.db.transaction().execute(async (tx) => {
      await tenants.lockTenant(tx, tenant_id);
      const asked = [addChild(a, b), addMember(b, a)];
      await somebodyWaits(2);
      return { answers: asked };
    });
    const codes = (await Promise.all(answers)).map(({ status, body }) => (status < 300 ? 'added' : body.code));
    expect(codes.sort()).toEqual(['added', 'group_cycle']);
  }
});

test('a group that is being deleted lets no edge to it be made meanwhile, and neither side waits for good', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { tenant_id, a, b } = await twoGroups();
    await addChild(a, b);
    await addMember(a, b);
    const { answers } = await server.app.deps.db.transaction().execute(async (tx) => {
      await tenants.lockTenant(tx, tenant_id);
      const remove = (id: string) => server.call(`DELETE /v1/groups/${id}`);
      const asked = [remove(a), addMember(b, a), remove(b)];
      await somebodyWaits(3);
      return { answers: asked };
    });
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect([statuses[0], statuses[2]]).toEqual([200, 200]);
    expect([404, 409]).toContain(statuses[1]);
  }
});

/** Resolves when so many connections of this database wait for a lock. */
async function somebodyWaits(waiting = 1): Promise<void> {
  for (;;) {
    const { rows } = await sql`
      select from pg_stat_activity
      where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`.execute(server.app.deps.db);
    if (rows.length >= waiting) return;
  }
}
