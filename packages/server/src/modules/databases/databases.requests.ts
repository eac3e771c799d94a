import { newTeam, orderDatabase, readyDatabase, uniqueDatabaseName } from '../../../test/support/databases.ts';
import { byId, defineRequests } from '../../../test/support/requests.ts';

declare module '../../../test/support/requests.ts' {
  interface Things {
    /** The slug of a group, for which databases are ordered. */
    readonly ownerTeam: string;
    /** The id of a database that is ordered. Its name is `walked`. */
    readonly database: string;
    /** The id of a database that is ready. */
    readonly readyDatabase: string;
  }
}

const NAME = 'walked';

export const requests = defineRequests({
  things: {
    ownerTeam: { make: (server, { tenant_id }) => newTeam(server, tenant_id), unknown: 'nobodys-team' },
    database: {
      needs: ['ownerTeam'],
      make: async (server, { tenant_id, ownerTeam: owner_team }) =>
        (await orderDatabase(server, tenant_id, { owner_team, name: NAME })).id,
    },
    readyDatabase: {
      needs: ['ownerTeam'],
      make: async (server, { tenant_id, ownerTeam: owner_team }) =>
        (await readyDatabase(server, tenant_id, { owner_team })).id,
    },
  },
  operations: {
    create_database: {
      needs: ['ownerTeam'],
      request: ({ tenant_id, ownerTeam: owner_team }) => ({
        body: { tenant_id, owner_team, name: uniqueDatabaseName(), tier: 'roomy' },
      }),
    },
    list_databases: { needs: ['database'], request: ({ tenant_id }) => ({ query: `?tenant_id=${tenant_id}` }) },
    get_database: { needs: ['database'], request: ({ database }) => byId(database) },
    update_database: {
      needs: ['database'],
      request: ({ database }) => ({ ...byId(database), body: { overrides: { storage: '20Gi' } } }),
    },
    delete_database: {
      needs: ['database'],
      whenFrozen: 'a frozen or archived tenant lets its databases go',
      request: ({ database }) => ({ ...byId(database), query: `?confirm=${NAME}` }),
    },
    retry_database: { needs: ['database'], request: ({ database }) => byId(database) },
    rotate_database: { needs: ['readyDatabase'], request: ({ readyDatabase }) => byId(readyDatabase) },
    get_database_connection: { needs: ['readyDatabase'], request: ({ readyDatabase }) => byId(readyDatabase) },
    list_database_events: { needs: ['database'], request: ({ database }) => byId(database) },
    list_database_tiers: {
      namesNoTenant: 'tiers are of the platform',
      withoutRows: 'tiers are in a file',
      request: () => ({}),
    },
    list_database_orphans: {
      namesNoTenant: 'a survey is of the whole world of a provisioner',
      withoutRows: 'what is there is asked of the provisioner',
      request: () => ({ query: '?provisioner=memory' }),
    },
  },
});
