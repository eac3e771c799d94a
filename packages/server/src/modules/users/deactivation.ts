/** The end of all access of a user. */
import { users } from '@tenant-registry/db';
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
  return (dry_run ? rehearse : transact)(ctx, async (tx, record, nothingChanged) => {
    const current = await lockUser(ctx, tx, id, { whateverStatus: true });
    const { tenant_id, disabled_at } = current;
    const isNew = disabled_at === null;
    const { result: user, lost } = await lossesOf(ctx, tx, {
      affected: { tenant_id, users: [id] },
      work: async () => (isNew ? await users.updateUser(tx, id, { disabled_at: ctx.clock() }) : current),
    });
    const ended = await endAccess(ctx, tx, { record, user });
    if (isNew) await record(userEvents.deactivated, { ...user, ...ended });
    // The process that deactivated it may have ended before every replica knew, so the replicas are told again.
    else nothingChanged(tenant_id);
    return { user, dry_run, ...ended, ...lost };
  });
}
