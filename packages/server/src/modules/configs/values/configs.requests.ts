import { defineRequests } from '../../../../test/support/requests.ts';
import type { TestServer } from '../../../../test/support/server.ts';

declare module '../../../../test/support/requests.ts' {
  interface Things {
    /** The key of a configuration of the project, at version 1. */
    readonly config: string;
  }
}

const at = (project: string, config: string) => ({ path: { project_id: project, key: config } });

export const requests = defineRequests({
  things: {
    config: {
      needs: ['project'],
      unknown: 'nowhere',
      async make(server: TestServer, { project }) {
        const body = { content: { max_users: 50 }, expected_version: 0 };
        await server.call(`PUT /v1/projects/${project}/configs/limits`, { body });
        return 'limits';
      },
    },
  },
  operations: {
    get_config: { needs: ['project', 'config'], request: ({ project, config }) => at(project, config) },
    put_config: {
      needs: ['project', 'config'],
      request: ({ project, config }) => ({
        ...at(project, config),
        body: { content: { max_users: 60 }, expected_version: 1 },
      }),
    },
    create_config: {
      needs: ['project'],
      request: ({ project }) => ({ path: { project_id: project }, body: { key: 'flags', content: true } }),
    },
    delete_config: {
      needs: ['project', 'config'],
      request: ({ project, config }) => ({ ...at(project, config), query: '?expected_version=1' }),
    },
    validate_config: {
      needs: ['project', 'config'],
      request: ({ project, config }) => ({ ...at(project, config), body: { content: { max_users: 60 } } }),
    },
    list_config_revisions: { needs: ['project', 'config'], request: ({ project, config }) => at(project, config) },
    get_config_revision: {
      needs: ['project', 'config'],
      request: ({ project, config }) => ({ path: { project_id: project, key: config, version: '1' } }),
    },
    diff_config: {
      needs: ['project', 'config'],
      request: ({ project, config }) => ({ ...at(project, config), query: '?from=0' }),
    },
    rollback_config: {
      needs: ['project', 'config'],
      request: ({ project, config }) => ({ ...at(project, config), body: { version: 1, expected_version: 1 } }),
    },
  },
});
