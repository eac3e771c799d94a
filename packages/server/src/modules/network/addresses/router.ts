/** Addresses of networks on the wire: one expression per endpoint. */
import { routes } from '../../../kernel/routes.ts';
import { procedure } from '../../../kernel/trpc.ts';
import { tenancyErrors } from '../../tenants/errors.ts';
import { getMeshAddressInput, listMeshAddressesInput, meshAddressHolder, meshAddressPage } from '../schema.ts';
import { getMeshAddress, listMeshAddresses, projectOfAddress } from './service.ts';

const on = routes({ tag: 'Network', tenancy: tenancyErrors });

/** The procedures of addresses, for the router of networks. */
export const addressProcedures = {
  listAddresses: procedure('network:read', { project: 'project_id' })
    .meta({
      rest: on.list('/v1/tenants/{id}/network/addresses', {
        operation: 'list_mesh_addresses',
        summary: 'List the addresses of a network',
        description: 'Those that nodes have, lowest first.',
        inTenant: 'read',
      }),
    })
    .input(listMeshAddressesInput)
    .output(meshAddressPage)
    .query(({ ctx, input }) => listMeshAddresses(ctx, input)),

  getAddress: procedure('network:read', { project: projectOfAddress })
    .meta({
      rest: on.list('/v1/tenants/{id}/network/addresses/{ip}', {
        operation: 'get_mesh_address',
        summary: 'Tell who has an address, or had it',
        description:
          'At a time, or now: the node that had it then, or had it last before. Nodes and projects that are gone are told too, and addresses that are outside of the range by now, also in an archived tenant. A time to come is answered as now.',
      }),
    })
    .input(getMeshAddressInput)
    .output(meshAddressHolder)
    .query(({ ctx, input }) => getMeshAddress(ctx, input)),
};
