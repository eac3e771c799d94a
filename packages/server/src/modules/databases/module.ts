/** Managed databases: ordered by a team, made, kept as ordered, taken away. */
import { defineModule } from '../../kernel/module.ts';
import { databaseSettings } from './environment.ts';
import { databaseErrors } from './errors.ts';
import { databasesPermissions } from './permissions.ts';
import type { DatabasesConfig, DatabaseWorld } from './port.ts';
import { databasesRouter } from './router.ts';
import { databaseEvents } from './schema.ts';
import { createDatabaseWorld } from './world.ts';

interface Configured {
  readonly databases: DatabasesConfig;
  readonly databasesWhenFrozen: DatabaseWorld['whenFrozen'];
}

export const databasesModule = defineModule({
  router: databasesRouter,
  tag: { name: 'Databases', description: 'PostgreSQL databases, ordered by a team and kept as they were ordered.' },
  errors: databaseErrors,
  events: databaseEvents,
  permissions: databasesPermissions,
  settings: databaseSettings,
  holdings: { databases: 'databases' },
  provide: (_, { databases, databasesWhenFrozen }: Configured) => ({
    databaseWorld: createDatabaseWorld(databases, databasesWhenFrozen),
  }),
});
