/** HAProxy before the database, which follows Patroni, and before the replicas, with the settings of deploy/proxy. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../lib/processes.ts';
import type { Node } from './cluster.ts';
import type { Tools } from './tools.ts';
import { until } from './until.ts';

const shipped = new URL('../../../deploy/proxy/haproxy.cfg', import.meta.url);

export interface Proxies {
  /** The port of the primary, whichever node that is. */
  readonly databasePort: number;
  readonly registryUrl: string;
  /** The replicas that get requests, and whose last check succeeded. */
  up(): Promise<readonly string[]>;
}

/** Starts both in one process. Replicas are named by their ports, and need not run yet. */
export async function startProxies(
  tools: Tools,
  backends: { readonly nodes: readonly Node[]; readonly replicaPorts: readonly number[] },
  stack: AsyncDisposableStack,
): Promise<Proxies> {
  const [databasePort, registryPort, statsPort] = [await freePort(), await freePort(), await freePort()];
  const config = join(tools.directory, 'haproxy.cfg');
  const text =
    registrySide(registryPort, backends.replicaPorts) + databaseSide(databasePort, statsPort, backends.nodes);
  writeFileSync(config, text, { mode: 0o600 });
  if (tools.user.uid !== undefined) chownSync(config, tools.user.uid, tools.user.gid);
  const log = openSync(join(tools.directory, 'haproxy.log'), 'a');
  const options = { ...tools.user, cwd: tools.directory };
  const child = spawn(tools.haproxy, ['-db', '-f', config], { ...options, stdio: ['ignore', log, log] });
  const exited = once(child, 'exit');
  stack.defer(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const statusOf = async (proxy: string) => {
    const answer = await fetch(`http://127.0.0.1:${statsPort}/;csv`);
    const rows = (await answer.text()).split('\n').map((line) => line.split(','));
    const servers = rows.filter(([name, server = '']) => name === proxy && !/^(FRONT|BACK)END$/.test(server));
    return servers.map((row) => ({ name: row[1] ?? '', status: row[17] ?? '' }));
  };
  // Until its first checks are over, HAProxy leads to standbys too.
  await until('HAProxy does not know the primary', 30_000, async () => {
    if (child.exitCode !== null) throw new Error(readFileSync(join(tools.directory, 'haproxy.log'), 'utf8'));
    const led = (await statusOf('primary')).filter(({ status }) => status.startsWith('UP')); // also `UP 1/2`, going down
    return led.length === 1;
  });
  const up = async () => (await statusOf('replicas')).filter(({ status }) => status === 'UP').map(({ name }) => name);
  return { databasePort, registryUrl: `http://127.0.0.1:${registryPort}`, up };
}

/** The shipped configuration, with addresses in place of Docker's names. */
function registrySide(port: number, replicaPorts: readonly number[]): string {
  const servers = replicaPorts.map((replica) => `  server replica${replica} 127.0.0.1:${replica}`).join('\n');
  const replaced = [
    [/bind :8080/, `bind 127.0.0.1:${port}`],
    [/resolvers docker\n( .*\n)+/, ''],
    [/ {2}server-template .*/, servers],
  ] as const;
  return replaced.reduce(
    (text, [pattern, by]) => {
      if (!pattern.test(text)) throw new Error(`deploy/proxy/haproxy.cfg has nothing like ${pattern}`);
      return text.replace(pattern, by);
    },
    readFileSync(shipped, 'utf8'),
  );
}

/** As docs/scaling.md shows it. */
function databaseSide(port: number, statsPort: number, nodes: readonly Node[]): string {
  const servers = nodes.map(
    ({ name, port: server, restPort }) => `  server ${name} 127.0.0.1:${server} check port ${restPort}`,
  );
  return `
listen primary
  bind 127.0.0.1:${port}
  mode tcp
  option tcplog
  timeout client 30m
  timeout server 30m
  option httpchk GET /primary
  http-check expect status 200
  default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
${servers.join('\n')}

frontend statistics
  bind 127.0.0.1:${statsPort}
  stats enable
  stats uri /
`;
}
