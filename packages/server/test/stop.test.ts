// engine: pglite
/** The stop of the process, as callers see it on connections that they keep. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { migratedDataDir } from './support/data-dir.ts';
import { INTERNAL, OPERATOR, startProcess } from './support/server-process.ts';

const started: ChildProcess[] = [];
const folders: string[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function start(env: Readonly<Record<string, string>> = {}) {
  const folder = migratedDataDir();
  folders.push(folder);
  const tokens = { OPERATOR_TOKEN: OPERATOR, INTERNAL_TOKEN: INTERNAL };
  const process = startProcess({ DATA_DIR: folder, ...tokens, RATE_LIMIT_PER_MINUTE: '0', ...env });
  started.push(process.child);
  return { ...process, address: await process.ready };
}

interface Question {
  readonly method: string;
  readonly path: string;
  readonly token: string;
  readonly body?: object;
}

const list: Question = { method: 'GET', path: '/v1/tenants', token: OPERATOR };
const verify: Question = {
  method: 'POST',
  path: '/v1/internal/api-keys/verify',
  token: INTERNAL,
  body: { key: `bp_${'A'.repeat(22)}` },
};

/** Resolves with the answer when all of it is there; rejects when it never comes. */
function ask(address: string, agent: Agent, { method, path, token, body }: Question): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
    const asked = request(`${address}${path}`, { method, agent, headers }, (answer) => {
      answer.resume().once('end', () => resolve(answer));
    });
    asked.on('error', reject);
    asked.end(body && JSON.stringify(body));
  });
}

/** Keeps one connection and asks again at once, until no connection can be made; tells what the last answers were. */
async function client(address: string, question: Question) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const seen = { answers: 0, last: '', failures: [] as string[] };
  const stopped = (async () => {
    for (;;) {
      try {
        const { statusCode, headers } = await ask(address, agent, question);
        seen.answers += 1;
        seen.last = `${statusCode} ${headers.connection}`;
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
        // Without a connection no request was sent, so none is lost.
        if (code === 'ECONNREFUSED') return;
        seen.failures.push(code);
      }
    }
  })();
  return { seen, stopped };
}

test('24 callers that ask again at once lose no request when the process stops, and each is told before its connection ends', async () => {
  const { address, child, ended } = await start();
  const clients = await Promise.all(
    Array.from({ length: 24 }, (_, index) => client(address, index % 2 === 0 ? verify : list)),
  );
  await expect.poll(() => clients.every(({ seen }) => seen.answers > 3)).toBe(true);
  child.kill('SIGTERM');
  await Promise.all(clients.map(({ stopped }) => stopped));
  expect(clients.flatMap(({ seen }) => seen.failures)).toEqual([]);
  expect(new Set(clients.map(({ seen }) => seen.last))).toEqual(new Set(['200 close']));
  expect(await ended).toBe(0);
});

test('a connection on which nothing is asked when the process is told to stop is still answered, and told', async () => {
  const { address, child, ended, output } = await start({ SHUTDOWN_IDLE_MS: '30000', SHUTDOWN_TIMEOUT_MS: '60000' });
  const agents = [verify, list].map((question) => ({ question, agent: new Agent({ keepAlive: true, maxSockets: 1 }) }));
  const askAll = () => Promise.all(agents.map(({ agent, question }) => ask(address, agent, question)));
  expect((await askAll()).map(({ headers }) => headers.connection)).toEqual(['keep-alive', 'keep-alive']);
  child.kill('SIGTERM');
  await expect.poll(output).toContain('draining');
  const answers = await askAll();
  expect(answers.map(({ statusCode, headers }) => [statusCode, headers.connection])).toEqual([
    [200, 'close'],
    [200, 'close'],
  ]);
  expect(await ended).toBe(0);
});

test('neither a connection that never asks nor one that stays idle holds up the end, whatever it asked before', async () => {
  const { address, child, ended } = await start({ SHUTDOWN_IDLE_MS: '50' });
  const { port } = new URL(address);
  const silent = connect(Number(port), '127.0.0.1');
  const agent = new Agent({ keepAlive: true });
  const paths = [list.path, '/v1/nothing', '/v1/tenants/%E0%A4%A'];
  await Promise.all([once(silent, 'connect'), ...paths.map((path) => ask(address, agent, { ...list, path }))]);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  silent.destroy();
  agent.destroy();
});
