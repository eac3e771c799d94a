/** A test database that counts its statements. */
import type { DatabaseHandle } from '@tenant-registry/db';
import { testDatabase, withPlugin } from '@tenant-registry/db/testing';
import type { KyselyPlugin } from 'kysely';

export interface CountedDatabase {
  readonly database: DatabaseHandle;
  /** Returns how many statements of no tenant's scope were asked for until now. */
  statements(): number;
}

/** Makes one. Statements of a handle that is confined to a tenant are not counted. */
export async function countedDatabase(): Promise<CountedDatabase> {
  const database = await testDatabase();
  let count = 0;
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      count += 1;
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const prepare: DatabaseHandle['prepare'] = (statement) => {
    const run = database.prepare<never>(statement);
    return (values) => {
      count += 1;
      return run(values);
    };
  };
  return { database: { ...database, db: withPlugin(database.db, plugin), prepare }, statements: () => count };
}
