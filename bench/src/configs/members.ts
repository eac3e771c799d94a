/** Three members of etcd with etcd's own settings, reached directly: nothing of ours stands between them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { etcdPath, etcdReason } from '@tenant-registry/etcd/testing';
import { until } from '../events/product.ts';
import { freePort } from '../lib/processes.ts';
import type { Surroundings } from './section.ts';

export interface Members {
  readonly endpoints: readonly string[];
  /** The endpoint of the leader. */
  leader(): Promise<string>;
}

/** Starts the members on the disk, and stops them with the stack. Throws where etcd is not installed. */
export async function startMembers({
  stack,
  progress,
  cwd = '/',
}: Pick<Surroundings, 'stack' | 'progress'> & { readonly cwd?: string }): Promise<Members> {
  if (etcdPath === undefined) throw new Error(`etcd cannot be started: ${etcdReason}`);
  progress('etcd: starting three members');
  const folder = mkdtempSync(join(tmpdir(), 'etcd-bench-'));
  const ports: { client: number; peer: number }[] = [];
  for (let n = 0; n < 3; n += 1) ports.push({ client: await freePort(), peer: await freePort() });
  const peerOf = (n: number) => `http://127.0.0.1:${ports[n]?.peer}`;
  const endpoints = ports.map(({ client }) => `http://127.0.0.1:${client}`);
  const initial = ports.map((_, n) => `m${n}=${peerOf(n)}`).join(',');
  for (const [n, endpoint] of endpoints.entries()) {
    const args = [
      ...['--name', `m${n}`, '--data-dir', join(folder, `m${n}`), '--log-outputs', 'stderr', '--logger', 'zap'],
      ...['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint],
      ...['--listen-peer-urls', peerOf(n), '--initial-advertise-peer-urls', peerOf(n)],
      ...['--initial-cluster', initial, '--log-level', 'error'],
    ];
    const child = spawn(etcdPath, args, { cwd, stdio: 'ignore' });
    stack.defer(async () => {
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    });
  }
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const leader = async (): Promise<string | undefined> => {
    for (const endpoint of endpoints) {
      const answer = await fetch(`${endpoint}/v3/maintenance/status`, { method: 'POST', body: '{}' }).catch(() => null);
      if (!answer?.ok) continue;
      const { leader: id = '0', header } = (await answer.json()) as { leader?: string; header: { member_id: string } };
      if (id !== '0' && id === header.member_id) return endpoint;
    }
    return undefined;
  };
  await until(async () => (await leader()) !== undefined, 30_000, 'the members chose no leader');
  return {
    endpoints,
    async leader() {
      const found = await leader();
      if (found === undefined) throw new Error('the members have no leader');
      return found;
    },
  };
}
