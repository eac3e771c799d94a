/** Configurations: versioned, validated values of a project, in this database or in etcd. */
import { defineModule } from '../../kernel/module.ts';
import { configSchemaErrors } from '../config-schemas/errors.ts';
import { configSchemaPermissions } from '../config-schemas/permissions.ts';
import { createJsonSchemas } from '../config-schemas/validation/json-schemas.ts';
import { configErrors } from './errors.ts';
import { configPermissions } from './permissions.ts';
import { configsRouter } from './router.ts';
import { configEvents } from './schema.ts';
import type { ConfigStore } from './store/port.ts';
import { createPostgresStore } from './store/postgres.ts';
import type { ConfigFeed } from './watch/config-feed.ts';
import { provideFeed } from './watch/provide.ts';

declare module '../../kernel/context.ts' {
  interface Ports {
    /** Where the current values of configurations are. */
    readonly configStore: ConfigStore;
    /** Tells watchers what changes. */
    readonly configFeed: ConfigFeed;
  }
}

export const configsModule = defineModule({
  router: configsRouter,
  tag: {
    name: 'Configs',
    description: 'Configurations of projects: versioned, checked against JSON Schemas, with their history.',
  },
  errors: { ...configErrors, ...configSchemaErrors },
  events: configEvents,
  permissions: { ...configPermissions, ...configSchemaPermissions },
  provide(kernel) {
    const configStore = createPostgresStore(kernel);
    const jsonSchemas = createJsonSchemas({ clock: kernel.clock });
    return { configStore, configFeed: provideFeed(kernel, configStore), jsonSchemas };
  },
  close({ configFeed, configStore, jsonSchemas }) {
    configFeed.close();
    configStore.close();
    jsonSchemas.close();
  },
});
