// engine: postgres
/** The command as a process of its own, as operators and auditors run it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testDatabase } from '@tenant-registry/db/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lockDirectory } from '../../../../../db/src/directory-lock.ts';
import { appendEvents, eventOf } from '../../../../test/support/audit-events.ts';
import { checkpointsOf, REGISTRY_LOG, signNow } from '../../../../test/support/audit-log.ts';
import { childEnv } from '../../../../test/support/child-env.ts';
import { newTenant, startTestServer, type TestServer, UNKNOWN } from '../../../../test/support/server.ts';
import { parseVerifier, signerOf } from '../tree/note.ts';

const cli = fileURLToPath(new URL('../../../cli.ts', import.meta.url));
const SEED = '0f'.repeat(32);
const ORIGIN = 'registry.example/audit';
const KEY = signerOf(ORIGIN, Buffer.from(SEED, 'hex')).verifier;
const signing = { AUDIT_SIGNING_KEY: SEED, AUDIT_ORIGIN: ORIGIN };

let server: TestServer;
let folder = '';
let url = '';
let tenant = '';

beforeAll(async () => {
  const database = await testDatabase();
  url = database.url ?? '';
  folder = await mkdtemp(join(tmpdir(), 'audit-cli-'));
  server = await startTestServer({ database });
  tenant = (await newTenant(server)).id;
  await appendEvents(server, [eventOf({ tenant_id: tenant }), eventOf({ tenant_id: tenant })]);
  await signNow(server);
});
afterAll(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [cli, 'audit', ...args], {
    env: {
      ...childEnv(),
      DATA_DIR: folder,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].on('data', (chunk: Buffer) => {
      said[stream] += chunk.toString();
    });
  const [code] = await once(child, 'close');
  return { code: code as number | null, ...said };
}

const verify = (args: readonly string[] = [], env: Readonly<Record<string, string>> = signing) =>
  run(['verify', ...args], { DATABASE_URL: url, ...env });

test('the command says how it is called, and what is wrong with a call, before it reads anything', async () => {
  const nowhere = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
  const [help, ...wrong] = await Promise.all([
    run(['--help']),
    run(['prove']),
    run(['verify', '--tenant', 'acme'], nowhere),
    run(['verify', '--key', 'x'], nowhere),
    run(['verify', '--against', join(folder, 'absent')], nowhere),
    run(['verify'], { ...nowhere, AUDIT_SIGNING_KEY: 'short' }),
    run(['key', '--origin', 'a b']),
  ]);
  expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('--against FILE'), stderr: '' });
  expect(wrong.map(({ code, stdout }) => [code, stdout])).toEqual(wrong.map(() => [2, '']));
  for (const [at, word] of ['prove', '--tenant', 'verifier', 'absent', 'AUDIT_SIGNING_KEY', 'AUDIT_ORIGIN'].entries())
    expect(wrong[at]?.stderr).toContain(word);
});

test('a key is made, with the verifier of what it signs', async () => {
  const { code, stdout } = await run(['key', '--origin', 'registry.test/audit']);
  const [, seed = ''] = /^AUDIT_SIGNING_KEY=([0-9a-f]{64})$/m.exec(stdout) ?? [];
  const [, verifier = ''] = /(\S+)$/.exec(stdout.trim()) ?? [];
  expect([code, parseVerifier(verifier).name]).toEqual([0, 'registry.test/audit']);
  expect(signerOf('registry.test/audit', Buffer.from(seed, 'hex')).verifier).toBe(verifier);
});

test('what is proved is said with exit code 0: by the key of the environment, or by its verifier', async () => {
  const anchors = join(folder, 'anchors.jsonl');
  const lines = (await checkpointsOf(server, REGISTRY_LOG)).map(({ note }) => JSON.stringify({ note }));
  await writeFile(anchors, `${lines.join('\n')}\n`);
  const [own, given, one] = await Promise.all([
    verify(),
    verify(['--key', KEY, '--against', anchors, '--json'], {}),
    verify(['--tenant', tenant.toUpperCase()]),
  ]);
  expect(own).toMatchObject({ code: 0, stdout: expect.stringContaining('all of it is proved'), stderr: '' });
  expect(given.code).toBe(0);
  expect(JSON.parse(given.stdout)).toMatchObject({ type: 'summary', findings: 0, anchors: 1, signatures: 'checked' });
  expect(one).toMatchObject({ code: 0, stdout: expect.stringMatching(/^2 logs/) });
});

test('without a key signatures are not checked, and the exit code is 2; a tenant that never was is a wrong call', async () => {
  const [unsigned, unknown] = await Promise.all([verify([], {}), verify(['--tenant', UNKNOWN])]);
  expect(unsigned).toMatchObject({ code: 2, stdout: expect.stringContaining('signatures were not checked') });
  expect(unknown).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(UNKNOWN) });
});

test('what was touched is named with exit code 1, for people and as JSON', async () => {
  const { db } = server.app.deps;
  const other = (await newTenant(server)).id;
  await appendEvents(server, [eventOf({ tenant_id: other })]);
  await signNow(server);
  await db.transaction().execute(async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx);
    await sql`update audit_log set actor_id = 'somebody' where tenant_id = ${other} and action = 'report.exported'`.execute(
      tx,
    );
  });
  const [people, json, elsewhere, unsigned] = await Promise.all([
    verify(),
    verify(['--json']),
    verify(['--tenant', tenant]),
    verify([], {}),
  ]);
  expect(people.code).toBe(1);
  expect(people.stdout).toMatch(
    new RegExp(`^CHANGED: log ${other}, leaf 1, event \\S+: not as it was sealed: actor_id`),
  );
  const lines = json.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    { type: 'finding', kind: 'changed', severity: 'finding', log: other, index: 1, in: ['who'] },
    { type: 'summary', findings: 1 },
  ]);
  expect([json.code, elsewhere.code, unsigned.code]).toEqual([1, 0, 1]);
});

test('the embedded engine is not made, and not opened while it is used', async () => {
  const held = { DATA_DIR: join(folder, 'embedded') };
  expect(await run(['verify'], { ...held, ...signing })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there is no database'),
  });
  await mkdir(join(held.DATA_DIR, 'pglite'), { recursive: true });
  const release = await lockDirectory(join(held.DATA_DIR, 'pglite'));
  try {
    expect(await run(['verify'], { ...held, ...signing })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is in use by process'),
    });
  } finally {
    release();
  }
});
