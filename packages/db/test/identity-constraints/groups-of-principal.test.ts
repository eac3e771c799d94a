import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import type { Db } from '../../src/handles.ts';
import { testDatabase } from '../../src/testing.ts';
import { makersOf, worldOf } from '../identities.ts';
import { newTenant } from '../support.ts';

const database = await testDatabase();
const { db } = database;
afterAll(() => database.close());
const make = makersOf(db);

const newWorld = async () => worldOf(db, await newTenant(db));

/** Resolves to the groups of the user, or of the service identity, each with its least distance. */
async function groupsOf(principal: { user?: string; service?: string }, on: Db = db): Promise<Map<string, number>> {
  const { rows } = await sql<{ group_id: string; depth: number }>`
    select group_id, depth from groups_of_principal(${principal.user ?? null}::uuid, ${principal.service ?? null}::uuid)`.execute(
    on,
  );
  expect(new Set(rows.map(({ group_id }) => group_id)).size, 'a group is there once').toBe(rows.length);
  return new Map(rows.map(({ group_id, depth }) => [group_id, depth]));
}

/** Makes so many groups of the tenant, and resolves to their ids. */
async function newGroups(tenant: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let made = 0; made < count; made++) ids.push(await make.group(tenant));
  return ids;
}

/** Puts the child into the parent, by one of the two tables that say so. */
const edge = {
  membership: (tenant: string, parent: string, child: string) =>
    make.membership(tenant, { group_id: parent, principal_group_id: child }),
  parent: (tenant: string, parent: string, child: string) =>
    make.parent(tenant, { parent_id: parent, child_id: child }),
};

describe('the groups of a principal', () => {
  test('are none for one that is in no group, for an unknown one, and for nobody', async () => {
    const { tenant, user, group, child } = await newWorld();
    await edge.parent(tenant, group, child);
    expect(await groupsOf({ user })).toEqual(new Map());
    expect(await groupsOf({ user: tenant })).toEqual(new Map());
    expect(await groupsOf({})).toEqual(new Map());
  });

  // proves C46
  test('are those that it is in and all above them, by edges of both tables, and none below or beside', async () => {
    const { tenant, user, service, group, child } = await newWorld();
    const [top = '', beside = '', below = ''] = await newGroups(tenant, 3);
    await make.membership(tenant, { group_id: child, principal_user_id: user });
    await make.membership(tenant, { group_id: beside, principal_service_identity_id: service });
    await edge.membership(tenant, group, child);
    await edge.parent(tenant, top, group);
    await edge.parent(tenant, child, below);
    expect(await groupsOf({ user })).toEqual(
      new Map([
        [child, 1],
        [group, 2],
        [top, 3],
      ]),
    );
    expect(await groupsOf({ service })).toEqual(new Map([[beside, 1]]));
  });

  test('are told with the least distance, when several ways lead to one', async () => {
    const { tenant, user, group, child } = await newWorld();
    const [top = ''] = await newGroups(tenant, 1);
    await make.membership(tenant, { group_id: child, principal_user_id: user });
    await edge.parent(tenant, group, child);
    await edge.membership(tenant, group, child);
    await edge.parent(tenant, top, group);
    await edge.membership(tenant, top, child);
    const expected = new Map([
      [child, 1],
      [group, 2],
      [top, 2],
    ]);
    expect(await groupsOf({ user })).toEqual(expected);
    await make.membership(tenant, { group_id: top, principal_user_id: user });
    expect(await groupsOf({ user })).toEqual(expected.set(top, 1));
  });

  test('are found through 15 diamonds in a row without a walk along each of their 32,768 paths', async () => {
    const { tenant, user } = await newWorld();
    const [first = '', ...rest] = await newGroups(tenant, 1 + 15 * 3);
    await make.membership(tenant, { group_id: first, principal_user_id: user });
    let bottom = first;
    for (let at = 0; at < rest.length; at += 3) {
      const [left = '', right = '', top = ''] = rest.slice(at, at + 3);
      for (const side of [left, right]) {
        await edge.parent(tenant, side, bottom);
        await edge.membership(tenant, top, side);
      }
      bottom = top;
    }
    const found = await groupsOf({ user });
    expect(found.size).toBe(1 + 15 * 3);
    expect(found.get(bottom)).toBe(31);
  });

  test('are found through 31 layers of two groups, each in both of the next, whose paths are 2^31', async () => {
    const { tenant, user } = await newWorld();
    let layer = await newGroups(tenant, 2);
    for (const group_id of layer) await make.membership(tenant, { group_id, principal_user_id: user });
    for (let depth = 2; depth <= 32; depth++) {
      const next = await newGroups(tenant, 2);
      for (const parent of next) for (const child of layer) await edge.parent(tenant, parent, child);
      layer = next;
    }
    const found = await groupsOf({ user });
    expect(found.size).toBe(64);
    expect(layer.map((group) => found.get(group))).toEqual([32, 32]);
  });

  test('are all groups of a cycle that came past the registry, each once', async () => {
    const { tenant, user } = await newWorld();
    const ring = await newGroups(tenant, 3);
    const [first = '', second = '', third = ''] = ring;
    await make.membership(tenant, { group_id: first, principal_user_id: user });
    await edge.parent(tenant, second, first);
    await edge.membership(tenant, third, second);
    await edge.parent(tenant, first, third);
    expect(await groupsOf({ user })).toEqual(new Map(ring.map((group, at) => [group, at + 1])));
  });

  test('are the nearest 32 of a chain of 40', async () => {
    const { tenant, user } = await newWorld();
    const chain = await newGroups(tenant, 40);
    await make.membership(tenant, { group_id: chain[0] ?? '', principal_user_id: user });
    for (const [at, parent] of chain.slice(1).entries()) await edge.parent(tenant, parent, chain[at] ?? '');
    expect(await groupsOf({ user })).toEqual(new Map(chain.slice(0, 32).map((group, at) => [group, at + 1])));
  });

  test('are shown to their own tenant, and to no other that asks for the principal', async () => {
    const { tenant, user, group } = await newWorld();
    await make.membership(tenant, { group_id: group, principal_user_id: user });
    const asked = (tenant_id: string) => groupsOf({ user }, database.forTenant({ tenant_id, project_id: null }));
    expect(await asked(tenant)).toEqual(new Map([[group, 1]]));
    expect(await asked(await newTenant(db))).toEqual(new Map());
  });
});
