/** Three nodes of PostgreSQL under Patroni, which keeps its state in three members of etcd; replication is synchronous. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startMembers } from '../configs/members.ts';
import { freePort } from '../lib/processes.ts';
import { processesIn } from './processes-in.ts';
import type { Tools } from './tools.ts';
import { until } from './until.ts';

const SCOPE = 'registry';
const SETTLED_MS = 120_000;

/** What an operator decides: how long a leader may be silent, and how often everybody looks. */
export const PATRONI = {
  ttl: 20,
  loop_wait: 5,
  retry_timeout: 5,
  maximum_lag_on_failover: 1_048_576,
  synchronous_mode: true,
  /** A PostgreSQL that crashed is not waited for. */
  primary_start_timeout: 0,
} as const;

export interface Node {
  readonly name: string;
  readonly port: number;
  /** Of Patroni's REST interface. */
  readonly restPort: number;
  start(): void;
  /** The machine loses its power: Patroni and PostgreSQL get SIGKILL. */
  kill(): Promise<void>;
  /** PostgreSQL alone gets SIGKILL. */
  crash(): void;
  /** Patroni alone gets SIGKILL: PostgreSQL goes on, and nobody tells it that it is no longer the primary. */
  orphan(): Promise<void>;
  /** What is committed is sent to no standby any more. */
  holdReplication(): void;
  /** Everything of it stands still, and goes on. */
  pause(): void;
  resume(): void;
}

export interface Cluster {
  readonly nodes: readonly Node[];
  readonly superuserPassword: string;
  leader(): Promise<Node>;
  /** The standby that commits wait for. */
  synchronousStandby(): Promise<Node>;
  /** Resolves when all three nodes run, one of them as synchronous standby. */
  settled(): Promise<void>;
  /** A planned change of the primary. */
  switchover(): Promise<void>;
  /** Resolves when commits no longer wait for a standby. */
  beAsynchronous(): Promise<void>;
}

interface Member {
  readonly name: string;
  readonly role: string;
  readonly state: string;
}

export async function startCluster(
  tools: Tools,
  given: { stack: AsyncDisposableStack; progress(line: string): void },
): Promise<Cluster> {
  const { endpoints } = await startMembers({ ...given, cwd: tools.directory });
  const passwords = { superuser: randomBytes(16).toString('hex'), replication: randomBytes(16).toString('hex') };
  const nodes: Node[] = [];
  for (const name of ['node1', 'node2', 'node3']) {
    const place = { name, port: await freePort(), restPort: await freePort() };
    nodes.push(createNode(tools, place, { endpoints, passwords }));
  }
  for (const node of nodes) node.start();
  given.progress('Patroni: three nodes are starting');
  const members = () => membersOf(nodes);
  const nodeAs = async (role: string) => {
    const found = (await members()).find((member) => member.role === role);
    const node = nodes.find(({ name }) => name === found?.name);
    if (node === undefined) throw new Error(`no node has the role ${role}`);
    return node;
  };
  const leader = () => nodeAs('leader');
  const settled = () => until('the cluster has not settled', SETTLED_MS, async () => isSettled(await members()));
  await settled();
  return {
    nodes,
    superuserPassword: passwords.superuser,
    leader,
    synchronousStandby: () => nodeAs('sync_standby'),
    settled,
    async switchover() {
      const { name } = await leader();
      const config = join(tools.directory, `${name}.yml`);
      const args = ['-c', config, 'switchover', SCOPE, '--leader', name, '--force'];
      await promisify(execFile)(tools.patronictl, args, { ...tools.user, cwd: tools.directory });
    },
    async beAsynchronous() {
      const { restPort } = await leader();
      const init = { method: 'PATCH', body: JSON.stringify({ synchronous_mode: false }) };
      const answer = await fetch(`http://127.0.0.1:${restPort}/config`, init);
      if (!answer.ok) throw new Error(`Patroni does not change its settings: ${answer.status}`);
      await until('commits still wait for a standby', SETTLED_MS, async () =>
        (await members()).every(({ role }) => role !== 'sync_standby'),
      );
    },
  };
}

function isSettled(members: readonly Member[]): boolean {
  const standbys = members.filter(({ role, state }) => role !== 'leader' && state === 'streaming');
  const leads = members.some(({ role, state }) => role === 'leader' && state === 'running');
  return leads && standbys.length === 2 && standbys.some(({ role }) => role === 'sync_standby');
}

/** Asks the nodes one after another: one may be dead. */
async function membersOf(nodes: readonly Node[]): Promise<readonly Member[]> {
  for (const { restPort } of nodes) {
    const signal = AbortSignal.timeout(2_000);
    const answer = await fetch(`http://127.0.0.1:${restPort}/cluster`, { signal }).catch(() => undefined);
    if (answer?.ok) return ((await answer.json()) as { members: Member[] }).members;
  }
  throw new Error('no node of Patroni answers');
}

interface Place extends Pick<Node, 'name' | 'port' | 'restPort'> {}

interface Shared {
  readonly endpoints: readonly string[];
  readonly passwords: { readonly superuser: string; readonly replication: string };
}

function createNode(tools: Tools, place: Place, shared: Shared): Node {
  const { directory, user } = tools;
  const { name } = place;
  const folder = join(directory, name);
  const data = join(folder, 'data');
  const config = join(directory, `${name}.yml`);
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(config, JSON.stringify(settingsOf(tools, place, shared)), { mode: 0o600 });
  if (user.uid !== undefined) for (const path of [folder, config]) chownSync(path, user.uid, user.gid);
  let patroni: ChildProcess | undefined;
  const killPatroni = async () => {
    const ended = patroni === undefined ? undefined : once(patroni, 'exit');
    patroni?.kill('SIGKILL');
    await ended;
  };
  const all = (signal: NodeJS.Signals) => {
    patroni?.kill(signal);
    for (const pid of processesIn(data)) send(pid, signal);
  };
  return {
    ...place,
    start() {
      const log = openSync(join(directory, `${name}.log`), 'a');
      const env = { PATH: process.env['PATH'], HOME: folder, LANG: 'C.UTF-8' };
      patroni = spawn(tools.patroni, [config], { ...user, cwd: folder, env, stdio: ['ignore', log, log] });
    },
    async kill() {
      const ended = patroni === undefined ? undefined : once(patroni, 'exit');
      all('SIGKILL');
      await ended;
      await until(`PostgreSQL of ${name} still runs`, 10_000, () => {
        all('SIGKILL');
        return processesIn(data).length === 0;
      });
    },
    crash: () => send(postmasterOf(data), 'SIGKILL'),
    orphan: killPatroni,
    holdReplication() {
      for (const pid of processesIn(data)) if (titleOf(pid).includes('walsender')) send(pid, 'SIGSTOP');
    },
    pause: () => all('SIGSTOP'),
    resume: () => all('SIGCONT'),
  };
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

function titleOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it has ended meanwhile
  }
}

function postmasterOf(data: string): number {
  return Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
}

/** Every JSON document is a YAML document. */
function settingsOf(tools: Tools, { name, port, restPort }: Place, { endpoints, passwords }: Shared): object {
  const folder = join(tools.directory, name);
  const login = (username: string, password: string) => ({ username, password });
  return {
    scope: SCOPE,
    name,
    restapi: { listen: `127.0.0.1:${restPort}`, connect_address: `127.0.0.1:${restPort}` },
    etcd3: { hosts: endpoints.map((endpoint) => new URL(endpoint).host) },
    bootstrap: {
      dcs: {
        ...PATRONI,
        postgresql: {
          use_pg_rewind: true,
          use_slots: true,
          parameters: { synchronous_commit: 'on', fsync: 'on', max_connections: 100, shared_buffers: '64MB' },
        },
      },
      initdb: [{ encoding: 'UTF8' }, { 'locale-provider': 'libc' }, { locale: 'C.UTF-8' }, 'data-checksums'],
    },
    postgresql: {
      listen: `127.0.0.1:${port}`,
      connect_address: `127.0.0.1:${port}`,
      data_dir: join(folder, 'data'),
      bin_dir: tools.postgresBin,
      pgpass: join(folder, 'pgpass'),
      authentication: {
        superuser: login('postgres', passwords.superuser),
        replication: login('replicator', passwords.replication),
      },
      pg_hba: ['host all all 127.0.0.1/32 scram-sha-256', 'host replication replicator 127.0.0.1/32 scram-sha-256'],
      parameters: { unix_socket_directories: folder },
    },
  };
}
