/** Everything of configurations in etcd, put together. */
import type { Etcd } from '@tenant-registry/etcd';
import type { KernelDependencies } from '../../../../kernel/context.ts';
import type { EtcdSettings } from '../../environment.ts';
import { createEtcdStore } from '../etcd.ts';
import type { ConfigStore } from '../port.ts';
import { openEtcd } from './client.ts';
import { keysUnder } from './keys.ts';
import { createLink } from './link.ts';
import { type ConfigRelay, createConfigRelay } from './relay.ts';
import { createStanding } from './standing.ts';
import { createUpkeep, type Upkeep } from './upkeep.ts';

export interface EtcdConfigs {
  readonly store: ConfigStore;
  readonly relay: ConfigRelay;
  readonly upkeep: Upkeep;
  readonly etcd: Etcd;
}

type Kernel = Pick<KernelDependencies, 'db' | 'clock' | 'logger' | 'signals' | 'metrics'>;

/** Makes them. Throws when a file of the settings cannot be read. */
export function createEtcdConfigs(
  { db, clock, logger, signals, metrics }: Kernel,
  settings: EtcdSettings,
): EtcdConfigs {
  const etcd = openEtcd(settings);
  const keys = keysUnder(settings.prefix);
  const link = createLink(etcd, logger);
  const standing = createStanding({ db, link, metaKey: keys.meta });
  const parts = { link, keys, standing, db, logger };
  const relay = createConfigRelay({ ...parts, clock, signals });
  const upkeep = createUpkeep({ ...parts, quotaBytes: settings.quotaBytes });
  const store = createEtcdStore({ ...parts, intended: () => signals.tell('intended') });
  metrics.gauge(
    'config_relay_lag_seconds',
    'For how long the oldest change of configurations has waited in etcd for its place in the database.',
    relay.lagSeconds,
  );
  metrics.gauge('config_intents_waiting', 'Changes of configurations that wait in etcd.', relay.waiting);
  metrics.gauge(
    'config_intents_orphaned',
    'Of them, changes of projects that the database does not have.',
    relay.orphans,
  );
  metrics.gauge('config_etcd_bytes', 'Bytes of the largest database of a member of etcd.', upkeep.dbSize);
  metrics.gauge(
    'config_etcd_quota_bytes',
    'ETCD_QUOTA_BYTES: what a member of etcd may store.',
    () => settings.quotaBytes,
  );
  return { store, relay, upkeep, etcd };
}
