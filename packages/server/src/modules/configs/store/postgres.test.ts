import { startTestServer } from '../../../../test/support/server.ts';
import { describeStore, type StoreUnderTest } from './contract.ts';

async function make(): Promise<StoreUnderTest> {
  const server = await startTestServer();
  return {
    server,
    // Everything is written by the transaction that answers.
    settled: async () => {},
    async fill({ tenant_id, project_id }, counts) {
      await server.app.deps.db
        .insertInto('config_heads')
        .values({ tenant_id, project_id, revision: 1, ...counts })
        .execute();
    },
    close: () => server.close(),
  };
}

describeStore('PostgreSQL', make);
