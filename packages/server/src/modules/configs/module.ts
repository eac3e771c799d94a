/** Configurations: versioned, validated values of a project, in this database or in etcd. */
import { createGate, type Gate } from '../../kernel/gate.ts';
import { defineModule } from '../../kernel/module.ts';
import { configSchemaErrors } from '../config-schemas/errors.ts';
import { configSchemaPermissions } from '../config-schemas/permissions.ts';
import { configErrors } from './errors.ts';
import { configPermissions } from './permissions.ts';
import { configReadsGate } from './reading/gate.ts';
import { configsRouter } from './router.ts';
import { configEvents } from './schema.ts';
import type { ConfigStore } from './store/port.ts';
import { createPostgresStore } from './store/postgres.ts';

declare module '../../kernel/context.ts' {
  interface Ports {
    /** Where the current values of configurations are. */
    readonly configStore: ConfigStore;
    /** Stands in front of whole states of projects. */
    readonly configReads: Gate;
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
  // jsonSchemas is given by the module of schemas, once it is here.
  provide({ metrics }, _: object) {
    const configReads = createGate(configReadsGate);
    metrics.observeGate(configReads);
    return { configStore: createPostgresStore(), jsonSchemas: undefined as never, configReads };
  },
  close: ({ configStore }) => configStore.close(),
});
