/** Everything that the scenarios disturb: cluster, proxies, replicas, and what callers were told. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { migrateUp, openDatabase } from '@tenant-registry/db';
import pg from 'pg';
import { type Link, openLink } from '../../../packages/server/test/replicas/link.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { createReplica, freePorts, type Replica } from './fleet.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { type Proxies, startProxies } from './proxies.ts';
import type { Tools } from './tools.ts';
import { until } from './until.ts';

export interface World {
  readonly tools: Tools;
  readonly cluster: Cluster;
  readonly proxies: Proxies;
  readonly replicas: readonly Replica[];
  /** The way of the last replica to the database. */
  readonly link: Link;
  readonly ledger: Ledger;
  /** Runs the work with a connection to the primary, as the owner of the tables. */
  asOwner<T>(work: (client: pg.Client) => Promise<T>): Promise<T>;
  progress(line: string): void;
}

export async function createWorld(
  tools: Tools,
  { stack, progress }: { readonly stack: AsyncDisposableStack; progress(line: string): void },
): Promise<World> {
  const cluster = await startCluster(tools, { stack, progress });
  const replicaPorts = await freePorts(3);
  const proxies = await startProxies(tools, { nodes: cluster.nodes, replicaPorts }, stack);
  const databaseUrl = await makeDatabase(cluster, proxies.databasePort);
  const link = await openLink(databaseUrl);
  stack.defer(() => link.close());
  const replicas = replicaPorts.map((port, n) => {
    const name = `replica${n + 1}`;
    const logFile = join(tools.directory, `${name}.log`);
    return createReplica({ name, port, logFile, databaseUrl: n === 2 ? link.url : databaseUrl }, stack);
  });
  progress('the registry: three replicas are starting');
  for (const replica of replicas) await replica.start();
  await until('HAProxy does not see three replicas', 30_000, async () => (await proxies.up()).length === 3);
  const asOwner = <T>(work: (client: pg.Client) => Promise<T>) => connected(databaseUrl, work);
  return { tools, cluster, proxies, replicas, link, ledger: createLedger(), asOwner, progress };
}

/** Makes the registry's user and its database, with the schema, and returns its URL through HAProxy. */
async function makeDatabase({ superuserPassword }: Cluster, port: number): Promise<string> {
  const urlOf = (user: string, password: string, database: string) =>
    `postgres://${user}:${password}@127.0.0.1:${port}/${database}`;
  const password = randomBytes(16).toString('hex');
  const admin = urlOf('postgres', superuserPassword, 'postgres');
  await connected(admin, async (client) => {
    await client.query(`create role registry login createrole password '${password}'`);
    await client.query('create database registry owner registry');
  });
  const url = urlOf('registry', password, 'registry');
  const database = await openDatabase({ url, statementTimeoutMs: 0 });
  try {
    await migrateUp(database.db);
  } finally {
    await database.close();
  }
  return url;
}

async function connected<T>(connectionString: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5_000, query_timeout: 60_000 });
  client.on('error', () => undefined); // the next query reports a lost connection
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
