import { byId, defineRequests } from '../../../test/support/requests.ts';
import { madeIn, uniqueSlug } from '../../../test/support/server.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The id of a schema of configurations, at version 1. */
    readonly configSchema: string;
  }
}

const content = { type: 'object', properties: { max_users: { type: 'integer' } } };
const atVersion = (id: string) => ({ path: { id, version: '1' } });

export const requests = defineRequests({
  things: {
    configSchema: {
      make: async (server, { tenant_id }) =>
        (await madeIn(server, tenant_id, 'schemas', { name: uniqueSlug(), content })).id,
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
    get_config_schema_version: { needs: ['configSchema'], request: ({ configSchema }) => atVersion(configSchema) },
    check_config_content: {
      needs: ['configSchema'],
      request: ({ configSchema }) => ({ ...byId(configSchema), body: { content: { max_users: 5 } } }),
    },
    adopt_config_schema_version: {
      needs: ['configSchema'],
      request: ({ configSchema }) => atVersion(configSchema),
    },
  },
});
