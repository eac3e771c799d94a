/** Lists the groups that somebody is in: for users and for service identities alike. */
import { groups } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import { paginate } from '../../../kernel/cursors.ts';
import type { EffectiveGroup } from './schema.ts';

interface PageOfGroups {
  readonly id: string;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** One page of the groups that the principal is in, itself and through others. The caller was found to reach it. Throws `invalid_cursor`. */
export function listEffectiveGroups(ctx: ActorContext, principal: groups.PrincipalInTenant, input: PageOfGroups) {
  return paginate(ctx.cursors, {
    list: 'effective_groups',
    input,
    keyOf: (row: EffectiveGroup) => [row.group_id],
    fetch: (asked) => groups.listGroupsOfPrincipal(ctx.db, principal, asked),
  });
}
