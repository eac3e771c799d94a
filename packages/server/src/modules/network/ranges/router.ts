/** The range of a network on the wire. */
import { z } from 'zod';
import { routes } from '../../../kernel/routes.ts';
import { procedure } from '../../../kernel/trpc.ts';
import { tenancyErrors } from '../../tenants/errors.ts';
import { networkErrors } from '../errors.ts';
import { network, networkOf, setNetworkInput } from '../schema.ts';
import { getNetwork, removeNetwork, setNetwork } from './service.ts';

const on = routes({ tag: 'Network', tenancy: tenancyErrors });

export const rangeProcedures = {
  get: procedure('network:read')
    .meta({
      rest: on.get('/v1/tenants/{id}/network', {
        operation: 'get_network',
        summary: 'Get the network of a tenant',
        description:
          'Its range of addresses, the space that the range is in, and how long addresses rest. Not found while the tenant has none.',
        inTenant: 'read',
      }),
    })
    .input(networkOf)
    .output(network)
    .query(({ ctx, input }) => getNetwork(ctx, input.id)),

  set: procedure('network:assign')
    .meta({
      rest: on.replace('/v1/tenants/{id}/network', {
        operation: 'set_network',
        summary: 'Set the network of a tenant',
        description:
          'Gives the tenant a range of addresses, in place of the one that it has. Every address and every sub-range stays: a range that would leave some of them outside is refused, and one that contains the present one never is because of them. Equal to what is there, it changes nothing.',
        errors: [networkErrors.rangeOverlaps, networkErrors.rangeInUse, networkErrors.allocatorContention],
        inTenant: 'write',
      }),
    })
    .input(setNetworkInput)
    .output(network)
    .mutation(({ ctx, input }) => setNetwork(ctx, input)),

  remove: procedure('network:assign')
    .meta({
      rest: on.remove('/v1/tenants/{id}/network', {
        operation: 'delete_network',
        summary: 'Remove the network of a tenant',
        description: 'Refused while a node has an address of it, or a project a sub-range.',
        errors: [networkErrors.rangeInUse, networkErrors.allocatorContention],
        inTenant: 'write',
      }),
    })
    .input(networkOf)
    .output(z.void())
    .mutation(({ ctx, input }) => removeNetwork(ctx, input.id)),
} as const;
