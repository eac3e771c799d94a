/** The end of all access of a user, and what a change takes away. */
import { type Tx, users } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { rehearse, transact } from '../../kernel/transact.ts';
import { lossesOf } from '../access/losses.ts';
import { endAccess } from './access.ts';
import { lockUser } from './rows.ts';
import { type DeactivateUser, type UserDeactivation, userEvents } from './schema.ts';

/**
 * Deactivates a user: once it is answered, no replica accepts a session, a key or a token of it. Again, it ends what there
 * still is and tells the replicas again. Works in a frozen and an archived tenant too; callers may deactivate themselves.
 * A dry run answers as the deactivation would, and changes nothing. Throws `not_found`.
 */
export async function deactivateUser(ctx: ActorContext, { id, dry_run }: DeactivateUser): Promise<UserDeactivation> {
  const deactivate: Parameters<typeof transact<UserDeactivation>>[1] = async (tx, record, nothingChanged) => {
    const current = await lockUser(ctx, tx, id, { whateverStatus: true });
    const { tenant_id, disabled_at } = current;
    const isNew = disabled_at === null;
    const { losses, complete, ...row } = await withLosses(ctx, tx, {
      tenant_id,
      user_id: id,
      work: async () => (isNew ? await users.updateUser(tx, id, { disabled_at: ctx.clock() }) : current),
    });
    const ended = await endAccess(ctx, tx, { record, user: row });
    if (isNew) await record(userEvents.deactivated, { ...row, ...ended });
    // The process that deactivated it may have ended before every replica knew, so the replicas are told again.
    else nothingChanged(tenant_id);
    return { user: row, dry_run, ...ended, losses, complete };
  };
  return dry_run ? rehearse(ctx, deactivate) : transact(ctx, deactivate);
}

interface UserWork<Result> extends users.UserInTenant {
  readonly work: () => Promise<Result>;
}

/** Does the work on a user in the caller's transaction, and returns its result with the levels that the user loses by it. */
export async function withLosses<Result extends object>(
  ctx: ActorContext,
  tx: Tx,
  { tenant_id, user_id, work }: UserWork<Result>,
) {
  const results: Result[] = [];
  const affected = { tenant_id, users: [user_id] };
  const lost = await lossesOf(ctx, tx, { affected, work: async () => void results.push(await work()) });
  const [result] = results;
  if (result === undefined) throw new Error('lossesOf does the work once');
  return { ...result, ...lost };
}
