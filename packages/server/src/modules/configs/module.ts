/** Configurations: versioned, validated values of a project, in this database or in etcd. */
import { createGate, type Gate } from '../../kernel/gate.ts';
import { defineModule } from '../../kernel/module.ts';
import { configErrors } from './errors.ts';
import { configPermissions } from './permissions.ts';
import { readersExpiryWorker } from './readers/expiry.worker.ts';
import { readerEvents } from './readers/schema.ts';
import { configReadsGate } from './reading/gate.ts';
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
  errors: configErrors,
  events: { ...configEvents, ...readerEvents },
  permissions: configPermissions,
  workers: [readersExpiryWorker],
  provide(kernel) {
    const configStore = createPostgresStore(kernel);
    const configReads = createGate(configReadsGate);
    kernel.metrics.observeGate(configReads);
    return { configStore, configFeed: provideFeed(kernel, configStore), configReads };
  },
  close({ configFeed, configStore }) {
    configFeed.close();
    configStore.close();
  },
});
