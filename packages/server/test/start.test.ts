// engine: pglite
/** The process as an operator meets it. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { migratedDataDir } from './support/data-dir.ts';
import { INTERNAL, OPERATOR, type StartedProcess, startProcess } from './support/server-process.ts';

const started: ChildProcess[] = [];
const folders: string[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  return kept(mkdtempSync(join(tmpdir(), 'registry-')));
}

/** For tests that are not about the first start on a directory. */
function migratedFolder(): string {
  return kept(migratedDataDir());
}

function kept(folder: string): string {
  folders.push(folder);
  return folder;
}

function start(env: Readonly<Record<string, string>>): StartedProcess {
  const process = startProcess(env);
  started.push(process.child);
  return process;
}

// proves A19, A64
test('a first start makes acme and private tokens and prints a line that works when pasted; a second start keeps both and warns of a misspelt variable', async () => {
  const folder = newFolder();
  const first = start({ DATA_DIR: folder });
  const address = await first.ready;
  expect(statSync(join(folder, 'tokens.json')).mode & 0o777).toBe(0o600);
  const { operator: token, internal } = JSON.parse(readFileSync(join(folder, 'tokens.json'), 'utf8'));
  await expect.poll(first.output).toContain(`curl -H "Authorization: Bearer ${token}" ${address}/v1/tenants`);
  expect(first.output()).toContain(`internal token  ${internal}\n`);
  expect(first.output()).toContain(`API reference   ${address}/docs\n`);
  expect((await fetch(`${address}/`)).url, 'the root leads to it').toBe(`${address}/docs`);
  const answer = await fetch(`${address}/v1/tenants`, { headers: { authorization: `Bearer ${token}` } });
  const { items } = (await answer.json()) as { items: unknown[] };
  expect(items).toMatchObject([
    {
      id: '00000000-0000-0000-0000-000000000001',
      slug: 'acme',
      name: 'Acme Inc.',
      status: 'active',
      plan: 'professional',
    },
  ]);
  first.child.kill('SIGTERM');
  expect(await first.ended).toBe(0);
  const second = start({
    DATA_DIR: folder,
    PROCESSES: 'auto',
    DATABSE_URL: 'postgres://me:hunter2@127.0.0.1/registry',
  });
  const again = await fetch(`${await second.ready}/v1/tenants`, { headers: { authorization: `Bearer ${token}` } });
  expect(((await again.json()) as { items: unknown[] }).items).toHaveLength(1);
  expect(second.output()).toContain('DATABSE_URL is not known: did you mean DATABASE_URL?');
  expect(second.output()).not.toContain('hunter2');
  expect(second.output().match(/PROCESSES=auto is one process: the embedded engine/g)).toHaveLength(1);
});

test('a first start makes a private key for secrets; a start whose key is another ends with the id of the one that is missing', async () => {
  const folder = migratedFolder();
  const given = { DATA_DIR: folder, OPERATOR_TOKEN: OPERATOR, INTERNAL_TOKEN: INTERNAL };
  const create = async (address: string) => {
    const headers = { authorization: `Bearer ${OPERATOR}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ url: 'https://hooks.acme.example/', event_types: ['tenant.*'] });
    return (await fetch(`${address}/v1/webhooks`, { method: 'POST', headers, body })).status;
  };
  const first = start(given);
  expect(await create(await first.ready)).toBe(201);
  const file = join(folder, 'secrets-key');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const key = readFileSync(file, 'utf8').trim();
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(first.output()).not.toContain(key);
  first.child.kill('SIGTERM');
  expect(await first.ended).toBe(0);
  const wrong = start({ ...given, SECRETS_KEY: 'k'.repeat(32) });
  expect(await wrong.ended).toBe(1);
  expect(wrong.output()).toMatch(
    /tenant-registry cannot start: SECRETS_KEY lacks keys .*: [0-9a-f]{16} \(1\)\. Add each/,
  );
  expect(wrong.output()).not.toContain(key);
  // With the kept one behind it the server starts, and makes webhooks under the new one.
  const rotating = start({ ...given, SECRETS_KEY: `${'k'.repeat(32)},${key}` });
  expect(await create(await rotating.ready)).toBe(201);
  rotating.child.kill('SIGTERM');
  await rotating.ended;
  writeFileSync(file, 'short');
  const spoilt = start(given);
  expect(await spoilt.ended).toBe(1);
  expect(spoilt.output()).toContain(`${file} is not what was written there`);
});

test('a second process on one directory is refused with the pid of the first, and the first goes on', async () => {
  const folder = migratedFolder();
  const first = start({ DATA_DIR: folder });
  const address = await first.ready;
  const second = start({ DATA_DIR: folder });
  expect(await second.ended).toBe(1);
  expect(second.output()).toContain(`process ${first.child.pid}`);
  expect((await fetch(`${address}/readyz`)).status).toBe(200);
});

test('a killed process leaves a directory that the next one opens', async () => {
  const folder = newFolder();
  const first = start({ DATA_DIR: folder });
  await first.ready;
  first.child.kill('SIGKILL');
  await first.ended;
  expect((await fetch(`${await start({ DATA_DIR: folder }).ready}/readyz`)).status).toBe(200);
});

test('a request under way when the signal comes is answered before the process ends, and no listener holds it up', async () => {
  const folder = migratedFolder();
  const { child, ended, ready } = start({ DATA_DIR: folder, OPERATOR_TOKEN: OPERATOR, INTERNAL_TOKEN: INTERNAL });
  const address = await ready;
  const body = JSON.stringify({ slug: 'drained', name: 'Drained' });
  const listening = { authorization: `Bearer ${INTERNAL}` };
  const feed = await fetch(`${address}/v1/internal/changes`, { headers: listening });
  expect(feed.status).toBe(200);
  const status = await new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${OPERATOR}`,
      'content-type': 'application/json',
      'content-length': body.length,
      expect: '100-continue',
    };
    const pending = request(`${address}/v1/tenants`, { method: 'POST', headers }, (answer) =>
      resolve(answer.statusCode),
    );
    pending.on('error', reject);
    // The server has the head of the request: now it is told to stop, and gets the rest.
    pending.on('continue', () => {
      child.kill('SIGTERM');
      pending.end(body);
    });
    pending.flushHeaders();
  });
  expect(status).toBe(201);
  expect(await ended).toBe(0);
  expect(await feed.text()).toContain('event: open');
});

test('a file of anchors that cannot be appended to fails the start with one clear line', async () => {
  const folder = newFolder();
  const { ended, output } = start({ DATA_DIR: folder, AUDIT_ANCHOR_FILE: join(folder, 'away', 'anchors.jsonl') });
  expect(await ended).toBe(1);
  expect(output()).toMatch(
    /tenant-registry cannot start: AUDIT_ANCHOR_FILE is .* cannot be appended to \(ENOENT\): make/,
  );
});

test('an unreachable database fails the start with one clear line, no password, exit 1', async () => {
  const { ended, output } = start({
    DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/registry',
    DATA_DIR: newFolder(),
  });
  expect(await ended).toBe(1);
  expect(output().trim().split('\n')).toHaveLength(1);
  expect(output()).toContain('tenant-registry cannot start');
  expect(output()).toContain('127.0.0.1:1');
  expect(output()).not.toContain('hunter2');
});

test('mistakes in the environment are listed by name before anything starts', async () => {
  const { ended, output } = start({ APP_ENV: 'prod', PORT: 'x', DATA_DIR: newFolder() });
  expect(await ended).toBe(2);
  expect(output()).toContain('PORT must be a whole number');
  expect(output()).not.toContain('    at ');
});

test('a broken file of tokens is named, and what to do about it', async () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'tokens.json'), '{');
  const { ended, output } = start({ DATA_DIR: folder });
  expect(await ended).toBe(1);
  expect(output()).toContain(`${join(folder, 'tokens.json')} is not what was written there: delete it`);
});

test('a database without the schema fails the start with the command that brings it', async () => {
  const { ended, output } = start({ DATA_DIR: newFolder(), MIGRATE_ON_START: 'false' });
  expect(await ended).toBe(1);
  expect(output()).toMatch(/the schema is at version 0, this program needs \d+: run migrate/);
});

test('a taken port fails the start with one line that names it', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => blocker.once('listening', resolve));
  const address = blocker.address();
  const port = typeof address === 'object' && address !== null ? String(address.port) : '';
  const { ended, output } = start({ PORT: port, DATA_DIR: migratedFolder() });
  expect(await ended).toBe(1);
  expect(output()).toContain(port);
  blocker.close();
});
