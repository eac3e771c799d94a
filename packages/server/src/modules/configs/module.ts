/** Configurations: versioned, validated values of a project, in this database or in etcd. */
import { createTenantPace, type TenantPace } from '../../kernel/async/pace.ts';
import type { KernelDependencies } from '../../kernel/context.ts';
import { createGate, type Gate } from '../../kernel/gate.ts';
import { defineModule } from '../../kernel/module.ts';
import { type ConfigStoreSettings, configSettings } from './environment.ts';
import { configErrors } from './errors.ts';
import { configPermissions } from './permissions.ts';
import { createFindPlace, type FindPlace } from './place.ts';
import { readersExpiryWorker } from './readers/expiry.worker.ts';
import { readerEvents } from './readers/schema.ts';
import { createReadersOfKey, type ReadersOfKey } from './readers/service.ts';
import { configReadsGate, configReadsPace } from './reading/gate.ts';
import { configsRouter } from './router.ts';
import { configEvents } from './schema.ts';
import { createEtcdConfigs, type EtcdConfigs } from './store/etcd/configs.ts';
import { configRelayWorker } from './store/etcd/relay.worker.ts';
import { configUpkeepWorker } from './store/etcd/upkeep.worker.ts';
import type { ConfigStore } from './store/port.ts';
import { createPostgresStore } from './store/postgres.ts';
import type { ConfigFeed } from './watch/config-feed.ts';
import { provideFeed } from './watch/provide.ts';

declare module '../../kernel/context.ts' {
  interface Ports {
    /** Where the current values of configurations are. */
    readonly configStore: ConfigStore;
    /** What belongs to values in etcd; null: they are in the database. */
    readonly etcdConfigs: EtcdConfigs | null;
    /** Tells watchers what changes. */
    readonly configFeed: ConfigFeed;
    /** Finds projects, and remembers them. */
    readonly configPlace: FindPlace;
    /** Finds the readers of a key. */
    readonly readersOfKey: ReadersOfKey;
    /** Stands in front of whole states of projects. */
    readonly configReads: Gate;
    /** What they wait for between two batches. */
    readonly configReadsPace: TenantPace;
  }
}

interface ConfigsConfig {
  readonly configStore: ConfigStoreSettings;
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
  settings: configSettings,
  workers: [readersExpiryWorker, configRelayWorker, configUpkeepWorker],
  provide(kernel, { configStore: settings }: ConfigsConfig) {
    const stores = storeOf(kernel, settings);
    const configReads = createGate(configReadsGate);
    kernel.metrics.observeGate(configReads);
    return {
      ...stores,
      configFeed: provideFeed(kernel, stores.configStore),
      configPlace: createFindPlace(kernel),
      readersOfKey: createReadersOfKey(),
      configReads,
      configReadsPace: createTenantPace(configReadsPace),
    };
  },
  close({ configFeed, configStore }) {
    configFeed.close();
    configStore.close();
  },
});

function storeOf(kernel: KernelDependencies, { kind, etcd }: ConfigStoreSettings) {
  const etcdConfigs = kind === 'etcd' && etcd !== null ? createEtcdConfigs(kernel, etcd) : null;
  const configStore = etcdConfigs?.store ?? createPostgresStore(kernel);
  kernel.metrics.gauge('config_store_up', '1 while the store of configurations answers.', () =>
    Number(configStore.isUp()),
  );
  return { configStore, etcdConfigs };
}
