/** kysely-ctl for developers: it shares the list of migrations, the bookkeeping and the connection with `migrate`. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'kysely-ctl';
import { nextNumber } from './src/create-migration.ts';
import { openDatabase } from './src/database.ts';
import { databaseConfigFromEnv } from './src/database-env.ts';
import { migrations } from './src/migrations.ts';

// The command runs in this folder, the server in the root: both mean the root's data directory.
const DATA_DIR = process.env['DATA_DIR'] || fileURLToPath(new URL('../../.data', import.meta.url));

export default defineConfig({
  kysely: async () => (await openDatabase(databaseConfigFromEnv({ ...process.env, DATA_DIR }))).db,
  migrations: {
    getMigrationPrefix: () => `${nextNumber()}_`,
    // The list, not the folder: migrations/steps holds what migrations share and is none itself.
    provider: { getMigrations: async () => ({ ...migrations }) },
  },
});
