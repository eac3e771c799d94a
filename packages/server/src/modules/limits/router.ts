/** Limits on the wire. */
import { routes } from '../../kernel/routes.ts';
import { procedure, router } from '../../kernel/trpc.ts';
import { tenancyErrors } from '../tenants/errors.ts';
import { getLimitsInput, limits } from './schema.ts';
import { getLimits } from './service.ts';

const on = routes({ tag: 'Limits', tenancy: tenancyErrors });

export const limitsRouter = router({
  get: procedure(null)
    .meta({
      rest: on.list('/v1/limits', {
        operation: 'get_limits',
        summary: 'Get the limits',
        description:
          'What the caller and its tenant may have in use, spend in a minute, and send, and what is left of it. Budgets are counted by each process for itself: `remaining` is that of the process which answers.',
        inTenant: 'read',
      }),
    })
    .input(getLimitsInput)
    .output(limits)
    .query(({ ctx, input }) => getLimits(ctx, input)),
});
