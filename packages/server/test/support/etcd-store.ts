/** Servers whose configurations are in a real etcd, and what tests look into. */
import { randomBytes } from 'node:crypto';
import type { DatabaseHandle } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import type { Etcd } from '@tenant-registry/etcd';
import { etcdReason, type StartOptions, startEtcd, type TestCluster } from '@tenant-registry/etcd/testing';
import { createLogger } from '../../src/kernel/logger.ts';
import { canonicalOf } from '../../src/modules/configs/canonical.ts';
import type { EtcdSettings } from '../../src/modules/configs/environment.ts';
import type { StoreUnderTest } from '../../src/modules/configs/store/contract.ts';
import { moveToEtcd } from '../../src/modules/configs/store/etcd/admin/move.ts';
import type { AdminParts } from '../../src/modules/configs/store/etcd/admin/parts.ts';
import { openAdmin } from '../../src/modules/configs/store/etcd/admin.ts';
import { type EtcdKeys, keysUnder } from '../../src/modules/configs/store/etcd/keys.ts';
import type { Change, Place, StoredConfig } from '../../src/modules/configs/store/port.ts';
import { contextOf } from './config-history.ts';
import { runWorker, startTestServer, type TestServer, type TestServerOptions } from './server.ts';

/** Names of tests with it say why they are skipped. */
export const withoutEtcd = etcdReason === undefined ? '' : ` (skipped: ${etcdReason})`;
export const etcdIsMissing = etcdReason !== undefined;

export interface EtcdServer {
  readonly server: TestServer;
  readonly cluster: TestCluster;
  readonly settings: EtcdSettings;
  readonly keys: EtcdKeys;
  /** A client of the test's own. */
  readonly etcd: Etcd;
  /** What the commands of an operator work with. */
  readonly admin: AdminParts;
  /** What the commands said. */
  readonly said: readonly string[];
  close(): Promise<void>;
}

export interface EtcdServerOptions extends TestServerOptions {
  readonly cluster?: StartOptions;
}

/** Returns the settings that lead to the cluster, under a prefix of their own. */
export function settingsFor({ endpoints }: Pick<TestCluster, 'endpoints'>): EtcdSettings {
  return {
    endpoints,
    prefix: `test-${randomBytes(6).toString('hex')}/`,
    username: null,
    passwordFile: null,
    tls: { caFile: null, certFile: null, keyFile: null },
    quotaBytes: 2_147_483_648,
  };
}

/** Starts a cluster and a server whose values were moved to it; its workers do not run. */
export async function startOnEtcd({ cluster: members = {}, ...options }: EtcdServerOptions = {}): Promise<EtcdServer> {
  const cluster = await startEtcd(members);
  const settings = settingsFor(cluster);
  const database = options.database ?? (await testDatabase());
  const said: string[] = [];
  const admin = adminOn(database, settings, (line) => said.push(line));
  await moveToEtcd(admin, { overwrite: false });
  const server = await startTestServer({ ...options, database, configStore: { kind: 'etcd', etcd: settings } });
  return {
    server,
    cluster,
    settings,
    keys: keysUnder(settings.prefix),
    etcd: admin.etcd,
    admin,
    said,
    async close() {
      admin.etcd.close();
      await server.close();
      await cluster.stop();
    },
  };
}

/** Opens what the commands of an operator work with. */
export function adminOn(
  { db }: Pick<DatabaseHandle, 'db'>,
  settings: EtcdSettings,
  say: (line: string) => void = () => {},
): AdminParts {
  const logger = createLogger('silent', { write: () => {} });
  return openAdmin({ db, settings, clock: () => new Date(), logger, say });
}

/** Starts a store for the contract that both stores keep. */
export async function etcdStoreForTests(): Promise<StoreUnderTest> {
  const there = await startOnEtcd();
  const { server, etcd, keys } = there;
  return {
    server,
    async settled() {
      const waiting = async () => (await etcd.range({ prefix: keys.intents }, { countOnly: true })).count;
      while ((await waiting()) > 0) await runWorker(server, 'configs-relay');
    },
    async fill(place, counts) {
      await server.app.deps.db
        .insertInto('config_heads')
        .values({ ...place, revision: 0, ...counts })
        .execute();
    },
    close: there.close,
  };
}

/** Returns the change of a key to a content. */
export function changeTo(key: string, content: unknown, base?: StoredConfig): Change {
  const operation = base === undefined || base.deleted ? 'create' : 'update';
  const pin = { schema_id: null, schema_version: null };
  const rest = { source_version: null, reason: 'a test', ignored_readers: [] };
  return { key, base, operation, content, content_sha256: canonicalOf(content).sha256, ...pin, ...rest };
}

/** Returns the deletion of a key. */
export function deletionOf(base: StoredConfig): Change {
  const { key, schema_id, schema_version } = base;
  const rest = { source_version: null, reason: null, ignored_readers: [] };
  return { key, base, operation: 'delete', content: null, content_sha256: null, schema_id, schema_version, ...rest };
}

/** Commits changes of a write of its own, and returns what was written; throws for a conflict. */
export async function write(
  server: TestServer,
  place: Place,
  changes: readonly Change[],
): Promise<readonly StoredConfig[]> {
  const write_id = randomBytes(9).toString('hex');
  const outcome = await server.app.deps.configStore.commit(contextOf(server), place, { changes, write_id });
  if (outcome.outcome === 'conflict') throw new Error(`conflict: ${outcome.key}`);
  return outcome.configs;
}

/** Sets a key from whatever it is, and returns what was written. */
export async function set(server: TestServer, place: Place, [key, content]: readonly [string, unknown]) {
  const { config } = await server.app.deps.configStore.find(contextOf(server), place, key);
  const [written] = await write(server, place, [changeTo(key, content, config)]);
  if (written === undefined) throw new Error('one change gives one value');
  return written;
}
