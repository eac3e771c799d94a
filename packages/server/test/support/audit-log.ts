/** The Merkle logs of tests: sealed and signed by hand, and checked by a hashing of their own. */
import { createHash } from 'node:crypto';
import { auditSealing } from '@tenant-registry/db';
import { signGrownLogs } from '../../src/modules/audit/sealing/round.ts';
import { runWorker, type TestServer } from './server.ts';

export const { PLATFORM_LOG, REGISTRY_LOG } = auditSealing;

/** Makes leaves of all rows that wait, and returns how many tickets that took. */
export async function sealAll(server: TestServer): Promise<number> {
  let sealed = 0;
  for (;;) {
    const taken = await runWorker(server, 'audit-seal');
    if (taken === 0) return sealed;
    sealed += taken;
  }
}

/** Seals all rows, lets the time to the next round pass, and signs; returns how many checkpoints that made. */
export async function signAll(server: TestServer): Promise<number> {
  await sealAll(server);
  server.clock.advance(server.app.deps.audit.checkpointSeconds * 1_000);
  return runWorker(server, 'audit-checkpoint');
}

/** Seals and signs all that there is without waiting for a round, and moves no clock: for servers that other tests share. */
export async function signNow(server: TestServer): Promise<void> {
  await sealAll(server);
  const { deps } = server.app;
  await signGrownLogs({ ...deps, audit: { ...deps.audit, checkpointSeconds: 0 } });
}

/** The leaves of a log, in their order. */
export function leavesOf({ app }: Pick<TestServer, 'app'>, log: string) {
  return app.deps.db.selectFrom('audit_leaves').selectAll().where('tenant_id', '=', log).orderBy('index').execute();
}

/** The checkpoints of a log, in their order. */
export function checkpointsOf({ app }: Pick<TestServer, 'app'>, log: string) {
  return app.deps.db.selectFrom('audit_checkpoints').selectAll().where('tenant_id', '=', log).orderBy('size').execute();
}

const sha256 = (...parts: readonly (Uint8Array | string)[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** SHA-256 in hexadecimal digits. */
export const hexHash = (...parts: readonly (Uint8Array | string)[]) => sha256(...parts).toString('hex');

/** The hash of a leaf (RFC 9162, 2.1.1). */
export const leafHashOf = (text: string) => sha256(Buffer.of(0), text);

/** The root of leaves, by the words of RFC 9162, 2.1.1. */
export function rootOfLeaves(leaves: readonly Uint8Array[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return Buffer.from(only);
  let left = 1;
  while (left * 2 < leaves.length) left *= 2;
  return sha256(Buffer.of(1), rootOfLeaves(leaves.slice(0, left)), rootOfLeaves(leaves.slice(left)));
}

interface Included {
  readonly index: number;
  readonly size: number;
  /** Base64. */
  readonly path: readonly string[];
}

/** The root that an audit path leads to (RFC 9162, 2.1.3.2), base64. */
export function rootByPath(leaf: Uint8Array, { index, size, path }: Included): string {
  let [node, at, last] = [Buffer.from(leaf), index, size - 1];
  for (const text of path) {
    const hash = Buffer.from(text, 'base64');
    if (last === 0) throw new Error('the path is too long');
    if (at % 2 === 1 || at === last) {
      node = sha256(Buffer.of(1), hash, node);
      while (at % 2 === 0 && at !== 0) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    } else node = sha256(Buffer.of(1), node, hash);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  if (last !== 0) throw new Error('the path is too short');
  return node.toString('base64');
}

/** The three lines of a checkpoint. */
export function linesOf(note: string): { readonly origin: string; readonly size: number; readonly root: string } {
  const [origin = '', size, root = ''] = note.split('\n');
  return { origin, size: Number(size), root };
}
