/** What a change takes away: equal to what checks say before it and after it, whatever the change is. */
import { type Db, levelHolders, type Tx } from '@tenant-registry/db';
import { expect, test } from 'vitest';
import { addChild, addMember, newGroup, newServiceIdentity, newUser } from '../../../test/support/role-holders.ts';
import { newProject, newTenant, testServer, UNKNOWN } from '../../../test/support/server.ts';
import { tokenActor } from '../../kernel/actor.ts';
import { type ActorContext, noRequest } from '../../kernel/context.ts';
import { type ProjectLevel, projectLevels, rankOf } from '../../kernel/permissions.ts';
import { rehearse } from '../../kernel/transact.ts';
import { type Affected, lossesOf } from './losses.ts';

const server = testServer();

function context(): ActorContext {
  const { deps } = server.app;
  const actor = tokenActor(deps.grants, 'operator');
  return { ...deps, ...noRequest, root: deps.db, actor, requestId: 'losses', answerHeaders: new Map() };
}

/** Numbers that are the same in every run. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Holder = levelHolders.Holder;

interface World {
  readonly tenant_id: string;
  readonly projects: readonly string[];
  readonly holders: readonly Holder[];
  readonly groups: readonly string[];
}

async function makeWorld(random: (below: number) => number): Promise<World> {
  const { db } = server.app.deps;
  const { id: tenant_id } = await newTenant(server);
  const projects = [];
  for (let index = 0; index < 3; index += 1) projects.push((await newProject(server, tenant_id)).id as string);
  const holders: Holder[] = [];
  for (let index = 0; index < 5; index += 1)
    holders.push({
      type: 'user',
      id: (await newUser(server, tenant_id, { roles: random(6) === 0 ? ['admin'] : [] })).id,
    });
  for (const project_id of [null, projects[0] ?? null])
    holders.push({ type: 'service_identity', id: await newServiceIdentity(server, tenant_id, { project_id }) });
  const groups: string[] = [];
  for (let index = 0; index < 5; index += 1)
    groups.push(await newGroup(server, tenant_id, random(4) === 0 ? { tenant_role: 'admin' } : {}));
  for (const [index, group_id] of groups.entries()) {
    for (const { type, id } of holders) if (random(4) === 0) await addMember(server, { tenant_id, group_id, type, id });
    for (const child_id of groups.slice(0, index)) {
      const how = random(6);
      if (how === 0) await addChild(server, { tenant_id, parent_id: group_id, child_id });
      if (how === 1) await addMember(server, { tenant_id, group_id, type: 'group', id: child_id });
    }
  }
  const principals = [...holders, ...groups.map((id) => ({ type: 'group' as const, id }))];
  for (const project_id of projects) {
    for (const { type, id } of principals) {
      const level = projectLevels[random(9)];
      const row = { tenant_id, project_id, level: level ?? 'viewer', [`${type}_id`]: id };
      if (level !== undefined) await db.insertInto('role_bindings').values(row).execute();
    }
  }
  return { tenant_id, projects, holders, groups };
}

interface Change {
  readonly affected: Affected;
  readonly work: (tx: Db) => Promise<unknown>;
}

/** One of the changes that take access away. */
async function someChange({ tenant_id, holders, groups }: World, random: (below: number) => number): Promise<Change> {
  const { db } = server.app.deps;
  const pick = <T>(all: readonly T[]): T => all[random(all.length)] as T; // none of the lists is empty
  switch (random(4)) {
    case 0: {
      const id = pick(groups);
      return {
        affected: { tenant_id, groups: [id] },
        work: (tx) => tx.deleteFrom('groups').where('id', '=', id).execute(),
      };
    }
    case 1: {
      const { id } = holders[random(5)] as Holder; // the first five are users
      return {
        affected: { tenant_id, users: [id] },
        work: (tx) => tx.updateTable('users').set({ disabled_at: new Date() }).where('id', '=', id).execute(),
      };
    }
    case 2: {
      const all = await db.selectFrom('role_bindings').selectAll().where('tenant_id', '=', tenant_id).execute();
      const { id, project_id, user_id, service_identity_id, group_id } = pick(all);
      return {
        affected: {
          tenant_id,
          project_id,
          ...(user_id === null ? {} : { users: [user_id] }),
          ...(service_identity_id === null ? {} : { service_identities: [service_identity_id] }),
          ...(group_id === null ? {} : { groups: [group_id] }),
        },
        work: (tx) => tx.deleteFrom('role_bindings').where('id', '=', id).execute(),
      };
    }
    default: {
      const { type, id } = pick(holders);
      const column = `principal_${type}_id` as const;
      return {
        affected: type === 'user' ? { tenant_id, users: [id] } : { tenant_id, service_identities: [id] },
        work: (tx) => tx.deleteFrom('group_memberships').where(column, '=', id).execute(),
      };
    }
  }
}

let toldInAll = 0;

const placeOf = ({ type, id }: Holder, project: string | null) => `${type} ${id} in ${project}`;

/** The level of everybody in every project, as checks tell it. */
async function checkedLevels({ projects, holders }: World): Promise<Map<string, ProjectLevel | null>> {
  const asked = holders.flatMap((principal) => projects.map((project) => ({ principal, project })));
  const checks = asked.map(({ principal, project }) => ({
    principal,
    permission: 'project:viewer',
    resource: { type: 'project', id: project },
  }));
  const { body } = await server.call('POST /v1/access/check-batch', { body: { checks } });
  return new Map(
    asked.map(({ principal, project }, index) => [placeOf(principal, project), body.results[index].level]),
  );
}

async function boundPlaces({ holders }: World): Promise<Set<string>> {
  const levels = await levelHolders.listBoundLevels(server.app.deps.db, holders, {});
  return new Set(levels.map((level) => placeOf(level, level.project_id)));
}

test.each(Array.from({ length: 20 }, (_, seed) => seed))(
  'who loses which level where is equal to the checks before and after (seed %i)',
  async (seed) => {
    const random = numbersFrom(seed * 7_919 + 1);
    const world = await makeWorld(random);
    const { affected, work } = await someChange(world, random);
    const ctx = context();
    const [before, boundBefore] = [await checkedLevels(world), await boundPlaces(world)];
    const { lost: preview } = await rehearse(ctx, (tx: Tx) => lossesOf(ctx, tx, { affected, work: () => work(tx) }));
    expect(await checkedLevels(world), 'a rehearsal changes nothing').toEqual(before);
    await work(server.app.deps.db);
    const [after, boundAfter] = [await checkedLevels(world), await boundPlaces(world)];
    const told = new Map(preview.losses.map((loss) => [placeOf(loss.principal, loss.project_id), loss]));
    expect(preview.complete).toBe(true);
    toldInAll += preview.losses.length;
    for (const holder of world.holders) {
      for (const project of world.projects) {
        const place = placeOf(holder, project);
        const [had = null, has = null] = [before.get(place), after.get(place)];
        const isBound = boundBefore.has(place) || boundAfter.has(place);
        const loss = told.get(place) ?? (isBound ? undefined : told.get(placeOf(holder, null)));
        const expected = rankOf(has) < rankOf(had) ? { before: had, after: has } : undefined;
        expect(loss && { before: loss.before, after: loss.after }, place).toEqual(expected);
      }
    }
  },
);

test('the changes before took something away', () => {
  expect(toldInAll).toBeGreaterThan(20);
});

test('of a change that touches more people than are compared, a part is told, and that it is one', async () => {
  const { db } = server.app.deps;
  const { id: tenant_id } = await newTenant(server);
  const { id: project_id } = await newProject(server, tenant_id);
  const group_id = await newGroup(server, tenant_id);
  const users = Array.from({ length: 1_001 }, (_, index) => ({
    tenant_id,
    external_subject: `local:${index}`,
    display_name: 'Jane Doe',
  }));
  const made = await db.insertInto('users').values(users).returning('id').execute();
  await db
    .insertInto('group_memberships')
    .values(made.map(({ id }) => ({ tenant_id, group_id, principal_user_id: id })))
    .execute();
  await db.insertInto('role_bindings').values({ tenant_id, project_id, group_id, level: 'viewer' }).execute();
  const call = `DELETE /v1/projects/${project_id}/role-bindings?principal_type=group&principal_id=${group_id}`;
  const { body } = await server.call(`${call}&dry_run=true`);
  expect([body.removed, body.losses.length, body.complete]).toEqual([true, 1_000, false]);
});

test('a change that takes nothing from anybody takes nothing', async () => {
  const { id: tenant_id } = await newTenant(server);
  const ctx = context();
  const nobody = { tenant_id, users: [UNKNOWN], groups: [UNKNOWN] };
  const { lost } = await rehearse(ctx, (tx: Tx) => lossesOf(ctx, tx, { affected: nobody, work: async () => {} }));
  expect(lost).toEqual({ losses: [], complete: true });
});
