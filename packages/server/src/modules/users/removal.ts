/** The deletion of a user, with what goes with it. */
import { apiKeys, databases, projects, serviceIdentities, sessions, type Tx, users } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { type RecordEvent, transact } from '../../kernel/transact.ts';
import { apiKeyEvents } from '../api-keys/schema.ts';
import { leaveGroups } from '../groups/leaving/service.ts';
import { releaseSubRangesOf } from '../network/releasing/service.ts';
import { projectEvents } from '../projects/schema.ts';
import { endRoleBindings } from '../role-bindings/ending/service.ts';
import { serviceIdentityEvents } from '../service-identities/schema.ts';
import { sessionEvents } from '../sessions/schema.ts';
import { userErrors } from './errors.ts';
import { lockUser } from './rows.ts';
import { type DeleteUser, userEvents } from './schema.ts';

/**
 * Deletes a user. Its sessions go with it; with `cascade` its keys, memberships and levels do too, and the projects that it
 * owns with all that is in them, but no database and no machine: a deleted database stays without its project. Throws
 * `user_has_holdings` without `cascade`, and with it while one of those projects has a database that is not deleted, a
 * resource or a node; `not_found`, `tenant_frozen`.
 */
export async function deleteUser(ctx: ActorContext, { id, cascade }: DeleteUser): Promise<void> {
  return transact(ctx, async (tx, record) => {
    const row = await lockUser(ctx, tx, id);
    const named = { tenant_id: row.tenant_id, user_id: id };
    // Locked before they are counted: a project that is being made waits for the user, and one that changes is waited for.
    const owned = await projects.lockOwnedProjects(tx, named);
    const holdings = await users.findUserHoldings(tx, named, ctx.clock());
    if (!cascade && Object.values(holdings).some((count) => count > 0))
      throw userErrors.userHasHoldings({ members: { holdings } });
    const { databases: live, resources, nodes, ...ended } = holdings;
    if (live + resources + nodes > 0) throw userErrors.userHasHoldings({ detail: THESE_STAY, members: { holdings } });
    await endHoldings(ctx, { tx, record }, { named, owned });
    for (const project of owned) await record(projectEvents.deleted, project);
    await record(userEvents.deleted, { ...row, holdings: ended });
    await users.deleteUser(tx, id);
  });
}

const THESE_STAY =
  'Projects of the user have databases, resources or nodes, and cascade deletes none of these: delete each of them first.';

interface Holdings {
  readonly named: users.UserInTenant;
  readonly owned: readonly projects.ProjectRow[];
}

/**
 * Ends what the user has and what is in its projects, with an event of each. Service identities that live in those projects
 * go with them.
 */
async function endHoldings(ctx: ActorContext, recording: Recording, { named, owned }: Holdings): Promise<void> {
  const { tx, record } = recording;
  const { tenant_id, user_id } = named;
  const inside = owned.map(({ id }) => id);
  const programs =
    inside.length === 0 ? [] : await serviceIdentities.lockServiceIdentitiesIn(tx, { tenant_id, projects: inside });
  for (const key of await revokeLostKeys(ctx, tx, named)) await record(apiKeyEvents.revoked, key);
  for (const session of await sessions.claimSessionEnds(tx, named, ctx.clock()))
    await record(sessionEvents.ended, session);
  const principals = [
    { type: 'user', id: user_id } as const,
    ...programs.map(({ id }) => ({ type: 'service_identity', id }) as const),
  ];
  await leaveGroups(recording, { tenant_id, principals });
  await endRoleBindings(recording, { tenant_id, principals, projects: inside });
  await databases.updateDatabasesOfLostProjects(tx, { tenant_id, projects: inside });
  for (const program of programs) await record(serviceIdentityEvents.deleted, program);
  // The lock of a network is the last of all.
  await releaseSubRangesOf(ctx, recording, { tenant_id, projects: inside });
}

interface Recording {
  readonly tx: Tx;
  readonly record: RecordEvent;
}

/** The rows are deleted a moment later; revoking them first locks them in the order in which every other writer does. */
async function revokeLostKeys(ctx: ActorContext, tx: Tx, named: users.UserInTenant) {
  const ids = await users.listKeysLostWithUser(tx, named);
  return apiKeys.claimRevocations(tx, { tenant_id: named.tenant_id, ids }, ctx.clock());
}
