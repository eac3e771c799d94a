import { newNode, newResource, takeNode, uniqueNodeName } from '../../../test/support/nodes.ts';
import { byId, defineRequests } from '../../../test/support/requests.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The id of a resource that can have nodes; its tenant has a network. */
    readonly nodeResource: string;
    /** The id of a pending node without an address; its tenant has a network. */
    readonly node: string;
    /** The id of a node that is enrolling. */
    readonly enrollingNode: string;
  }
}

export const requests = defineRequests({
  things: {
    nodeResource: {
      needs: ['network', 'project'],
      make: async (server, { tenant_id, project: project_id }) =>
        (await newResource(server, { tenant_id, project_id })).id,
    },
    node: {
      needs: ['project', 'nodeResource'],
      make: async (server, { tenant_id, project: project_id, nodeResource: resource_id }) =>
        (await newNode(server, { tenant_id, project_id, resource_id })).id,
    },
    enrollingNode: {
      needs: ['project', 'nodeResource'],
      make: async (server, { tenant_id, project: project_id, nodeResource: resource_id }) => {
        const { id } = await newNode(server, { tenant_id, project_id, resource_id });
        return (await takeNode(server, id, 'enroll')).id;
      },
    },
  },
  operations: {
    create_node: {
      needs: ['project', 'nodeResource'],
      request: ({ tenant_id, project: project_id, nodeResource: resource_id }) => ({
        body: { tenant_id, project_id, resource_id, name: uniqueNodeName() },
      }),
    },
    list_nodes: { needs: ['node'], request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }) },
    get_node: { needs: ['node'], request: ({ node }) => byId(node) },
    update_node: {
      needs: ['node'],
      request: ({ node }) => ({ ...byId(node), body: { name: uniqueNodeName() } }),
    },
    delete_node: { needs: ['node'], request: ({ node }) => byId(node) },
    enroll_node: { needs: ['node'], request: ({ node }) => byId(node) },
    mark_node_ready: { needs: ['enrollingNode'], request: ({ enrollingNode }) => byId(enrollingNode) },
    deregister_node: {
      needs: ['enrollingNode'],
      whenFrozen: 'taking access away must always be possible',
      request: ({ enrollingNode }) => byId(enrollingNode),
    },
    take_node_address: { needs: ['node'], request: ({ node }) => byId(node) },
    give_back_node_address: { needs: ['node'], request: ({ node }) => byId(node) },
  },
});
