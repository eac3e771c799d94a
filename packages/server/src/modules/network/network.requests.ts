import { newNetwork, newSubRange, nextRange } from '../../../test/support/network.ts';
import { byId, defineRequests } from '../../../test/support/requests.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The range of the network of the tenant. */
    readonly network: string;
    /** The sub-range of the project. */
    readonly subRange: string;
  }
}

export const requests = defineRequests({
  things: {
    network: {
      make: async (server, { tenant_id }) => (await newNetwork(server, tenant_id)).cidr,
      unknown: '10.0.0.0/24',
    },
    subRange: {
      needs: ['network', 'project'],
      make: async (server, { project }) => (await newSubRange(server, project)).cidr,
      unknown: '10.0.0.0/28',
    },
  },
  operations: {
    get_network: { needs: ['network'], request: ({ tenant_id }) => byId(tenant_id) },
    set_network: {
      needs: ['network'],
      request: ({ tenant_id }) => ({ ...byId(tenant_id), body: { cidr: nextRange() } }),
    },
    delete_network: { needs: ['network'], request: ({ tenant_id }) => byId(tenant_id) },
    get_network_usage: { needs: ['network'], request: ({ tenant_id }) => byId(tenant_id) },
    get_sub_range: { needs: ['subRange'], request: ({ project }) => byId(project) },
    set_sub_range: {
      needs: ['subRange'],
      request: ({ project }) => ({ ...byId(project), body: { prefix_length: 29 } }),
    },
    delete_sub_range: { needs: ['subRange'], request: ({ project }) => byId(project) },
  },
});
