/** kysely-ctl for developers: the same folder, bookkeeping and connection as everyone else. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'kysely-ctl';
import { nextNumber } from './src/create-migration.ts';
import { openDatabase } from './src/database.ts';
import { databaseConfigFromEnv } from './src/database-env.ts';

// The command runs in this folder, the server in the root: both mean the root's data directory.
const DATA_DIR = process.env['DATA_DIR'] || fileURLToPath(new URL('../../.data', import.meta.url));

export default defineConfig({
  kysely: async () => (await openDatabase(databaseConfigFromEnv({ ...process.env, DATA_DIR }))).db,
  migrations: { migrationFolder: 'migrations', getMigrationPrefix: () => `${nextNumber()}_` },
});
