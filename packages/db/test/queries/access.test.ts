import { randomUUID } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Db } from '../../src/handles.ts';
import { type AccessQuestion, findAccessFacts, prepareFindAccessFacts } from '../../src/queries/access.ts';
import { type LevelQuestion, prepareFindLevel } from '../../src/queries/role-bindings.ts';
import { testDatabase } from '../../src/testing.ts';
import { plansOf } from '../plans.ts';
import { newTenant, unique } from '../support.ts';

const database = await testDatabase();
const { db, forTenant } = database;
afterAll(() => database.close());

async function newProject(tenant_id: string): Promise<string> {
  const project = { tenant_id, slug: unique('p'), name: 'Web' };
  return (await db.insertInto('tenant_projects').values(project).returning('id').executeTakeFirstOrThrow()).id;
}

async function newUser(tenant_id: string): Promise<string> {
  const user = { tenant_id, external_subject: `local:${randomUUID()}`, display_name: 'Jane' };
  return (await db.insertInto('users').values(user).returning('id').executeTakeFirstOrThrow()).id;
}

async function newGroup(tenant_id: string): Promise<string> {
  const group = { tenant_id, slug: unique('g'), display_name: 'Crew' };
  return (await db.insertInto('groups').values(group).returning('id').executeTakeFirstOrThrow()).id;
}

describe('the facts behind a check', () => {
  let tenant_id: string;
  let question: AccessQuestion;
  let groups: [string, string];
  beforeAll(async () => {
    tenant_id = await newTenant(db);
    const [project, user] = [await newProject(tenant_id), await newUser(tenant_id)];
    groups = [await newGroup(tenant_id), await newGroup(tenant_id)];
    const [group_id, parent_id] = groups;
    await db.insertInto('group_memberships').values({ tenant_id, group_id, principal_user_id: user }).execute();
    await db.insertInto('group_parents').values({ tenant_id, parent_id, child_id: group_id }).execute();
    const binding = { tenant_id, project_id: project, group_id: parent_id, level: 'editor' } as const;
    await db.insertInto('role_bindings').values(binding).execute();
    // Bindings of others there, and of the user elsewhere, are no part of them.
    const others = { tenant_id, level: 'admin' } as const;
    await db
      .insertInto('role_bindings')
      .values([
        { ...others, project_id: project, user_id: await newUser(tenant_id) },
        { ...others, project_id: await newProject(tenant_id), user_id: user },
      ])
      .execute();
    question = { principal: { type: 'user', id: user }, resource: { type: 'project', id: project } };
  });

  test('are the groups with the step before each, and the bindings in the project alone', async () => {
    const { users, projects, groups: reached, bindings } = await findAccessFacts(db, [question]);
    expect([users.length, projects.length]).toEqual([1, 1]);
    expect([...reached].sort((one, other) => one.depth - other.depth)).toMatchObject([
      { group_id: groups[0], depth: 1, via: null },
      { group_id: groups[1], depth: 2, via: groups[0] },
    ]);
    expect(bindings).toMatchObject([{ level: 'editor', group_id: groups[1], holder_type: 'user' }]);
    const { facts, marks } = await prepareFindAccessFacts(database)([question]);
    expect([facts.bindings, marks]).toEqual([bindings, []]);
  });

  test('are none in the scope of another tenant, and for the tenant what they are for everybody', async () => {
    const inside = forTenant({ tenant_id, project_id: null });
    const other = forTenant({ tenant_id: await newTenant(db), project_id: null });
    expect(await findAccessFacts(inside, [question])).toEqual(await findAccessFacts(db, [question]));
    const nothing = { tenants: [], projects: [], users: [], service_identities: [], api_keys: [] };
    expect(await findAccessFacts(other, [question])).toEqual({ ...nothing, groups: [], bindings: [] });
  });

  test('are each there once, however often it is asked about', async () => {
    const once = await findAccessFacts(db, [question]);
    expect(await findAccessFacts(db, Array(100).fill(question))).toEqual(once);
  });

  test('end at 32 steps, also in a circle that came past the registry', async () => {
    const [group_id, parent_id] = groups;
    const circle = { tenant_id, parent_id: group_id, child_id: parent_id };
    await db.insertInto('group_parents').values(circle).execute();
    const { groups: reached } = await findAccessFacts(db, [question]);
    expect(reached.map(({ group_id }) => group_id).sort()).toEqual([...groups].sort());
    await db.deleteFrom('group_parents').where('parent_id', '=', group_id).execute();
  });
});

describe('in a tenant with many people and groups', () => {
  const tables = ['group_memberships', 'group_parents', 'role_bindings', 'users', 'groups', 'tenant_projects'];
  let tenant_id: string;
  let user_id: string;
  let project_id: string;
  beforeAll(async () => {
    tenant_id = await newTenant(db);
    await sql`
      insert into users (tenant_id, external_subject, display_name)
      select ${tenant_id}, 'local:' || i, 'Jane' from generate_series(1, 3000) i`.execute(db);
    await sql`
      insert into groups (tenant_id, slug, display_name)
      select ${tenant_id}, 'group-' || i, 'Crew' from generate_series(1, 1000) i`.execute(db);
    await sql`
      insert into tenant_projects (tenant_id, slug, name)
      select ${tenant_id}, 'project-' || i, 'Web' from generate_series(1, 1000) i`.execute(db);
    await sql`
      with u as (select id, row_number() over (order by id) as n from users where tenant_id = ${tenant_id}),
        g as (select id, row_number() over (order by id) as n from groups where tenant_id = ${tenant_id})
      insert into group_memberships (tenant_id, group_id, principal_user_id)
      select ${tenant_id}::uuid, g.id, u.id from u join g on g.n % 1000 in ((u.n * 7) % 1000, (u.n * 13 + 1) % 1000)`.execute(
      db,
    );
    await sql`
      with g as (select id, row_number() over (order by id) as n from groups where tenant_id = ${tenant_id})
      insert into group_parents (tenant_id, child_id, parent_id)
      select ${tenant_id}::uuid, c.id, p.id from g c join g p on p.n = c.n / 4 where c.n >= 4`.execute(db);
    await sql`
      insert into role_bindings (tenant_id, project_id, group_id, level)
      select ${tenant_id}::uuid, p.id, g.id, 'viewer'
      from (select id from tenant_projects where tenant_id = ${tenant_id} limit 100) p,
        (select id from groups where tenant_id = ${tenant_id} limit 50) g`.execute(db);
    await sql`analyze`.execute(db);
    const { rows } = await sql<{ user_id: string; project_id: string }>`
      select (select principal_user_id from group_memberships where tenant_id = ${tenant_id} limit 1) as user_id,
        (select project_id from role_bindings where tenant_id = ${tenant_id} limit 1) as project_id`.execute(db);
    [{ user_id, project_id }] = rows as [(typeof rows)[number]]; // both were just made
  });

  /** Tables of which a plan reads every row, of those that are large here. */
  const readWhole = async (handle: Db, ask: (asked: Db) => Promise<unknown>) =>
    (await plansOf(handle, ask)).flatMap((node) =>
      node['Node Type'] === 'Seq Scan' && tables.includes(node['Relation Name'] ?? '') ? [node['Relation Name']] : [],
    );

  test('a check reads no table from its beginning to its end, in the scope of the tenant either', async () => {
    const question: AccessQuestion = {
      principal: { type: 'user', id: user_id },
      resource: { type: 'project', id: project_id },
    };
    expect((await findAccessFacts(db, [question])).groups.length).toBeGreaterThan(2);
    for (const handle of [db, forTenant({ tenant_id, project_id: null })])
      expect(await readWhole(handle, (asked) => findAccessFacts(asked, [question]))).toEqual([]);
  });

  test('the level of a caller is found by probes alone', async () => {
    const question: LevelQuestion = { tenant_id, project_id, user_id, service_identity_id: null };
    const onHandle = (asked: Db) => prepareFindLevel({ prepare: preparingOn(asked) })(question);
    expect(await onHandle(db)).toEqual(await prepareFindLevel(database)(question));
    expect(await readWhole(db, onHandle)).toEqual([]);
  });
});

/** Runs prepared statements on a handle, which a plan can be asked of. */
function preparingOn(handle: Db): typeof database.prepare {
  return <Row>({ text }: { readonly text: string }) =>
    async (values: readonly unknown[]) => {
      const pieces = text
        .split(/\$(\d+)/)
        .map(
          (piece, index): RawBuilder<unknown> => (index % 2 === 0 ? sql.raw(piece) : sql`${values[Number(piece) - 1]}`),
        );
      return (await sql<Row>`${sql.join(pieces, sql``)}`.execute(handle)).rows;
    };
}
