import { byId, defineRequests } from '../../../test/support/requests.ts';
import { newUser } from '../../../test/support/role-holders.ts';
import { madeIn, uniqueSlug } from '../../../test/support/server.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The id of a group. */
    readonly group: string;
    /** The id of a group that is neither above nor below the first. */
    readonly otherGroup: string;
    /** The id of a group below the first. */
    readonly childGroup: string;
    /** The id of a user that is in the first group. */
    readonly groupMember: string;
  }
}

const fields = () => ({ slug: uniqueSlug(), display_name: 'Operators' });

export const requests = defineRequests({
  things: {
    group: { make: async (server, { tenant_id }) => (await madeIn(server, tenant_id, 'groups', fields())).id },
    otherGroup: { make: async (server, { tenant_id }) => (await madeIn(server, tenant_id, 'groups', fields())).id },
    childGroup: {
      needs: ['group'],
      make: async (server, { tenant_id, group }) => {
        const { id } = await madeIn(server, tenant_id, 'groups', fields());
        await server.call(`POST /v1/groups/${group}/children`, { body: { child_id: id } });
        return id;
      },
    },
    groupMember: {
      needs: ['group'],
      make: async (server, { tenant_id, group }) => {
        const { id } = await newUser(server, tenant_id);
        await server.call(`POST /v1/groups/${group}/members`, { body: { principal: { type: 'user', id } } });
        return id;
      },
    },
  },
  operations: {
    create_group: { request: ({ tenant_id }) => ({ body: { ...fields(), tenant_id } }) },
    list_groups: { needs: ['group'], request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }) },
    get_group: { needs: ['group'], request: ({ group }) => byId(group) },
    update_group: { needs: ['group'], request: ({ group }) => ({ ...byId(group), body: { display_name: 'Other' } }) },
    delete_group: { needs: ['group'], request: ({ group }) => byId(group) },
    add_group_member: {
      needs: ['group', 'otherGroup'],
      request: ({ group, otherGroup }) => ({
        ...byId(group),
        body: { principal: { type: 'group', id: otherGroup } },
      }),
    },
    list_group_members: { needs: ['group', 'groupMember'], request: ({ group }) => byId(group) },
    remove_group_member: {
      needs: ['group', 'groupMember'],
      request: ({ group, groupMember }) => ({
        ...byId(group),
        query: `?principal_type=user&principal_id=${groupMember}`,
      }),
    },
    add_group_child: {
      needs: ['group', 'otherGroup'],
      request: ({ group, otherGroup }) => ({ ...byId(group), body: { child_id: otherGroup } }),
    },
    list_group_children: { needs: ['group', 'childGroup'], request: ({ group }) => byId(group) },
    remove_group_child: {
      needs: ['group', 'childGroup'],
      request: ({ group, childGroup }) => ({ path: { id: group, child_id: childGroup } }),
    },
  },
});
