import { byId, defineRequests } from '../../../test/support/requests.ts';
import { madeIn, uniqueSlug } from '../../../test/support/server.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The id of a schema of configurations, at version 1. */
    readonly configSchema: string;
    /** The id of a schema at version 2, whose version 1 a configuration of the project is checked against. */
    readonly outgrownSchema: string;
  }
}

const content = { type: 'object', properties: { max_users: { type: 'integer' } } };
const atVersion = (id: string, version: string) => ({ path: { id, version } });

export const requests = defineRequests({
  things: {
    configSchema: {
      make: async (server, { tenant_id }) =>
        (await madeIn(server, tenant_id, 'schemas', { name: uniqueSlug(), content })).id,
    },
    outgrownSchema: {
      needs: ['project'],
      async make(server, { tenant_id, project }) {
        const { id } = await madeIn(server, tenant_id, 'schemas', { name: uniqueSlug(), content });
        await server.call(`PUT /v1/projects/${project}/configs/outgrown`, {
          body: { content: { max_users: 5 }, expected_version: 0, schema_id: id },
        });
        await server.call(`POST /v1/schemas/${id}/versions`, { body: { content: true } });
        return id;
      },
    },
  },
  operations: {
    create_config_schema: {
      request: ({ tenant_id }) => ({ body: { tenant_id, name: uniqueSlug(), content } }),
    },
    list_config_schemas: {
      needs: ['configSchema'],
      request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }),
    },
    get_config_schema: { needs: ['configSchema'], request: ({ configSchema }) => byId(configSchema) },
    update_config_schema: {
      needs: ['configSchema'],
      request: ({ configSchema }) => ({ ...byId(configSchema), body: { description: 'Other' } }),
    },
    delete_config_schema: { needs: ['configSchema'], request: ({ configSchema }) => byId(configSchema) },
    add_config_schema_version: {
      needs: ['configSchema'],
      request: ({ configSchema }) => ({ ...byId(configSchema), body: { content: { type: 'object' } } }),
    },
    list_config_schema_versions: { needs: ['configSchema'], request: ({ configSchema }) => byId(configSchema) },
    get_config_schema_version: { needs: ['configSchema'], request: ({ configSchema }) => atVersion(configSchema, '1') },
    check_config_content: {
      needs: ['configSchema'],
      request: ({ configSchema }) => ({ ...byId(configSchema), body: { content: { max_users: 5 } } }),
    },
    adopt_config_schema_version: {
      needs: ['outgrownSchema'],
      request: ({ outgrownSchema }) => atVersion(outgrownSchema, '2'),
    },
  },
});
