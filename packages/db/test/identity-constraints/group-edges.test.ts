import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { makersOf, worldOf } from '../identities.ts';
import { newTenant, refusal, violated } from '../support.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());
const make = makersOf(db);

const newWorld = async () => worldOf(db, await newTenant(db));

const principals = [
  ['a user', ['user']],
  ['a service identity', ['service']],
  ['a group', ['child']],
  ['nobody', []],
  ['a user and a service identity', ['user', 'service']],
  ['a user and a group', ['user', 'child']],
  ['a service identity and a group', ['service', 'child']],
  ['all three', ['user', 'service', 'child']],
] as const;
type Kind = (typeof principals)[number][1][number];

/** Inserts a membership of the principals into one group, and resolves to its id. */
function join(world: Awaited<ReturnType<typeof newWorld>>, kinds: readonly Kind[], group_id = world.group) {
  const of = (kind: Kind) => (kinds.includes(kind) ? world[kind] : null);
  return make.membership(world.tenant, {
    group_id,
    principal_user_id: of('user'),
    principal_service_identity_id: of('service'),
    principal_group_id: of('child'),
  });
}

describe('a membership', () => {
  // proves C45, C51
  test.each(principals)('of %s is one principal, or refused', async (_, kinds) => {
    const inserted = join(await newWorld(), kinds);
    if (kinds.length === 1) return expect(inserted).resolves.toBeTypeOf('string');
    const constraint = 'group_memberships_principal_xor';
    expect(await refusal(inserted)).toEqual({ code: violated.check, constraint });
  });

  // proves C51
  test('gets no second principal later, and does not lose its only one', async () => {
    const world = await newWorld();
    const id = await join(world, ['user']);
    const refused = { code: violated.check, constraint: 'group_memberships_principal_xor' };
    const update = (changes: { principal_user_id?: null; principal_group_id?: string }) =>
      db.updateTable('group_memberships').set(changes).where('id', '=', id).execute();
    expect(await refusal(update({ principal_group_id: world.child }))).toEqual(refused);
    expect(await refusal(update({ principal_user_id: null }))).toEqual(refused);
  });

  // proves C52
  test.each(principals.filter(([, kinds]) => kinds.length === 1))(
    'of %s is there once, although its other principals are null',
    async (_, kinds) => {
      const world = await newWorld();
      await join(world, kinds);
      const constraint = 'group_memberships_unique_edge';
      expect(await refusal(join(world, kinds))).toEqual({ code: violated.unique, constraint });
    },
  );

  // proves C52
  test('that is there already makes an insert that allows for it add nothing', async () => {
    const { tenant, group, user } = await newWorld();
    const add = () =>
      db
        .insertInto('group_memberships')
        .values({ tenant_id: tenant, group_id: group, principal_user_id: user })
        .onConflict((on) => on.doNothing())
        .executeTakeFirstOrThrow();
    expect((await add()).numInsertedOrUpdatedRows).toBe(1n);
    expect((await add()).numInsertedOrUpdatedRows).toBe(0n);
  });

  test('is free in another group, and for another principal', async () => {
    const world = await newWorld();
    await join(world, ['user']);
    await join(world, ['service']);
    await expect(join(world, ['user'], world.child)).resolves.toBeTypeOf('string');
  });

  test('of a group in itself is refused', async () => {
    const { tenant, group } = await newWorld();
    const constraint = 'group_memberships_no_self_member';
    const inserted = make.membership(tenant, { group_id: group, principal_group_id: group });
    expect(await refusal(inserted)).toEqual({ code: violated.check, constraint });
  });
});

describe('the source of a membership', () => {
  const refused = { code: violated.check, constraint: 'group_memberships_source_matches_parent' };

  /** Resolves to a group of each source and a user, all of one tenant. */
  async function groups() {
    const { tenant, user, group: manual, config } = await newWorld();
    const idp = await make.group(tenant, { source: 'idp', idp_config_id: config, idp_claim_value: 'staff' });
    return { tenant, user, manual, idp };
  }

  // proves C53
  test('is that of its group', async () => {
    const { tenant, user: principal_user_id, manual, idp } = await groups();
    await make.membership(tenant, { group_id: manual, principal_user_id });
    const mirrored = make.membership(tenant, { group_id: idp, principal_user_id, source: 'idp' });
    await expect(mirrored).resolves.toBeTypeOf('string');
  });

  // proves C53
  test('is refused when it is not that of its group, by an insert', async () => {
    const { tenant, user: principal_user_id, manual, idp } = await groups();
    for (const values of [{ group_id: idp }, { group_id: manual, source: 'idp' as const }]) {
      expect(await refusal(make.membership(tenant, { ...values, principal_user_id }))).toEqual(refused);
    }
  });

  // proves C53
  test('is refused when it is not that of its group, by an update of it or of the group', async () => {
    const { tenant, user: principal_user_id, manual, idp } = await groups();
    const id = await make.membership(tenant, { group_id: manual, principal_user_id });
    for (const changes of [{ source: 'idp' as const }, { group_id: idp }]) {
      const updated = db.updateTable('group_memberships').set(changes).where('id', '=', id).execute();
      expect(await refusal(updated)).toEqual(refused);
    }
  });

  // proves C53
  test('is refused to a tenant too, to whom a policy shows its groups alone', async () => {
    const { tenant, user: principal_user_id, idp } = await groups();
    const scoped = makersOf(database.forTenant({ tenant_id: tenant, project_id: null }));
    expect(await refusal(scoped.membership(tenant, { group_id: idp, principal_user_id }))).toEqual(refused);
  });

  test("is not compared with another tenant's group, which the foreign key refuses whatever its source is", async () => {
    const [{ idp, manual }, { tenant, user: principal_user_id }] = [await groups(), await groups()];
    for (const group_id of [idp, manual]) {
      const constraint = 'group_memberships_tenant_id_group_id_fkey';
      const inserted = make.membership(tenant, { group_id, principal_user_id });
      expect(await refusal(inserted)).toEqual({ code: violated.foreignKey, constraint });
    }
  });

  test('is of the closed set', async () => {
    const { tenant, user: principal_user_id, manual } = await groups();
    await make.membership(tenant, { group_id: manual, principal_user_id });
    // Without its trigger, which answers first, until the refusal undoes the transaction.
    const changed = db.transaction().execute(async (tx) => {
      await sql`alter table group_memberships disable trigger group_memberships_source_matches_tg`.execute(tx);
      await sql`update group_memberships set source = 'ldap' where group_id = ${manual}`.execute(tx);
    });
    const constraint = 'group_memberships_source_check';
    expect(await refusal(changed)).toEqual({ code: violated.check, constraint });
  });
});

describe('a parent of a group', () => {
  // proves C46
  test('is an edge with a direction, of which a group has several', async () => {
    const { tenant, group, child } = await newWorld();
    const third = await make.group(tenant);
    await make.parent(tenant, { parent_id: group, child_id: child });
    await make.parent(tenant, { parent_id: third, child_id: child });
    await expect(make.parent(tenant, { parent_id: group, child_id: third })).resolves.toBeTypeOf('string');
  });

  // proves C54
  test('is never the group itself', async () => {
    const { tenant, group } = await newWorld();
    const itself = await refusal(make.parent(tenant, { parent_id: group, child_id: group }));
    expect(itself).toEqual({ code: violated.check, constraint: 'group_parents_no_self_parent' });
  });

  // proves C55
  test('is there once', async () => {
    const { tenant, group, child } = await newWorld();
    await make.parent(tenant, { parent_id: group, child_id: child });
    const again = await refusal(make.parent(tenant, { parent_id: group, child_id: child }));
    expect(again).toEqual({ code: violated.unique, constraint: 'group_parents_pkey' });
  });
});
