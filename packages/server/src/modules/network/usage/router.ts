/** The usage of a network on the wire. */
import { routes } from '../../../kernel/routes.ts';
import { procedure } from '../../../kernel/trpc.ts';
import { tenancyErrors } from '../../tenants/errors.ts';
import { networkOf, networkUsage } from '../schema.ts';
import { getUsage } from './service.ts';

const on = routes({ tag: 'Network', tenancy: tenancyErrors });

export const usageProcedures = {
  usage: procedure('network:read')
    .meta({
      rest: on.list('/v1/tenants/{id}/network/usage', {
        operation: 'get_network_usage',
        summary: 'Tell how much of a network is used',
        description:
          'Of the whole network, of what lies outside of all sub-ranges, and of each sub-range that the caller may see. Not found while the tenant has no network.',
        inTenant: 'read',
      }),
    })
    .input(networkOf)
    .output(networkUsage)
    .query(({ ctx, input }) => getUsage(ctx, input.id)),
} as const;
