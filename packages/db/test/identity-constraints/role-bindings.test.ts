import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { makersOf, type World, worldOf } from '../identities.ts';
import { newTenant, refusal, violated } from '../support.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());
const make = makersOf(db);

const newWorld = async () => worldOf(db, await newTenant(db));

const kinds = ['user', 'service', 'group'] as const;
type Kind = (typeof kinds)[number];

/** Binds the principals to a project. */
function bind(world: World, principals: readonly Kind[], project_id = world.project): Promise<string> {
  const of = (kind: Kind) => (principals.includes(kind) ? world[kind] : null);
  return make.binding(world.tenant, {
    project_id,
    user_id: of('user'),
    service_identity_id: of('service'),
    group_id: of('group'),
  });
}

describe('a role binding', () => {
  // proves B4
  test.each([
    ['user', 'role_bindings_project_id_user_id_key'],
    ['service', 'role_bindings_project_id_service_identity_id_key'],
    ['group', 'role_bindings_project_id_group_id_key'],
  ] as const)('binds one %s to a project once, and to several projects', async (kind, constraint) => {
    const world = await newWorld();
    await bind(world, [kind]);
    await bind(world, [kind], await make.project(world.tenant));
    expect(await refusal(bind(world, [kind]))).toEqual({ code: violated.unique, constraint });
  });

  test('leaves a project free for other principals', async () => {
    const world = await newWorld();
    for (const kind of kinds) await bind(world, [kind]);
    const user = await make.user(world.tenant);
    await expect(bind({ ...world, user }, ['user'])).resolves.toBeTypeOf('string');
  });

  // proves B4
  test.each([
    { principals: [] },
    { principals: ['user', 'service'] },
    { principals: ['user', 'group'] },
    { principals: ['service', 'group'] },
    { principals: ['user', 'service', 'group'] },
  ] as const)('has exactly one principal: $principals is refused', async ({ principals }) => {
    const refused = await refusal(bind(await newWorld(), principals));
    expect(refused).toEqual({ code: violated.check, constraint: 'role_bindings_principal_check' });
  });
});

describe('the levels', () => {
  // proves B5
  test('are viewer, editor and admin, in this order', async () => {
    const { rows } = await sql`
      select 'viewer'::role_level < 'editor' and 'editor'::role_level < 'admin' as ordered,
        enum_range(null::role_level)::text[] as levels,
        (select max(level) from unnest(array['admin', 'viewer', 'editor']::role_level[]) as level)::text as highest`.execute(
      db,
    );
    expect(rows).toEqual([{ ordered: true, levels: ['viewer', 'editor', 'admin'], highest: 'admin' }]);
  });

  // proves B5
  test.each(['owner', 'Viewer', ''])('are closed: "%s" is none', async (level) => {
    const world = await newWorld();
    const id = await bind(world, ['user']);
    const changed = sql`update role_bindings set level = ${sql.lit(level)} where id = ${id}`.execute(db);
    expect(await refusal(changed)).toMatchObject({ code: '22P02' });
  });
});
