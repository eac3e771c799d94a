// engine: postgres
/** The first credentials of a registry in production. */
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@tenant-registry/db';
import { emptyDatabase, testDatabase } from '@tenant-registry/db/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { bootstrap, type Credentials } from '../src/cli/bootstrap/bootstrap.ts';
import { run } from '../src/cli/program.ts';
import { readConfig } from '../src/config.ts';

async function migrated() {
  const { url = '', close } = await testDatabase();
  onTestFinished(close);
  vi.stubEnv('DATABASE_URL', url);
  vi.stubEnv('DATABASE_DIRECT_URL', '');
  onTestFinished(() => void vi.unstubAllEnvs());
  return url;
}

/** Calls the command, and returns its exit code and what it printed. */
async function call(...args: string[]) {
  const out = vi.spyOn(console, 'log').mockImplementation(() => {});
  const err = vi.spyOn(console, 'error').mockImplementation(() => {});
  try {
    const code = await run(['bootstrap', ...args]);
    return { code, out: out.mock.calls.flat().join('\n'), err: err.mock.calls.flat().join('\n') };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

async function rowsOf(url: string) {
  const database = await openDatabase({ url });
  onTestFinished(database.close);
  return database.db.selectFrom('audit_log').selectAll().where('action', '=', 'registry.bootstrapped').execute();
}

test('bootstrap prints an environment with which production starts, and the audit log has it without a secret', async () => {
  const url = await migrated();
  const { code, out } = await call('--json');
  expect(code).toBe(0);
  const made: Credentials = JSON.parse(out);
  const config = readConfig({ ...made, APP_ENV: 'prod', DATABASE_URL: url, PUBLIC_URL: 'https://registry.example' });
  expect(config.tokens.operator).toEqual([made.OPERATOR_TOKEN]);
  const [row, ...more] = await rowsOf(url);
  expect(more).toEqual([]);
  expect(row).toMatchObject({ tenant_id: null, actor_type: 'system', metadata: { variables: Object.keys(made) } });
  for (const secret of Object.values(made)) expect(JSON.stringify(row)).not.toContain(secret);
});

test('a second bootstrap is refused with one line, and makes nothing', async () => {
  const url = await migrated();
  const folder = await mkdtemp(join(tmpdir(), 'bootstrap-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'registry.env');
  expect(await call('--out', file)).toMatchObject({ code: 0, out: `wrote the credentials to ${file}` });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const text = await readFile(file, 'utf8');
  expect(text).toMatch(/^OPERATOR_TOKEN=tr_op_\S{43}\n/);
  const again = await call('--out', join(folder, 'other.env'));
  expect(again).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringMatching(/^tenant-registry: .*was bootstrapped at/),
  });
  await expect(stat(join(folder, 'other.env'))).rejects.toThrow();
  expect(await call('--out', file)).toMatchObject({ code: 2, err: expect.stringContaining('--out') });
  expect(await readFile(file, 'utf8')).toBe(text);
  expect(await rowsOf(url)).toHaveLength(1);
});

test('of two bootstraps at once one makes credentials', async () => {
  const url = await migrated();
  const handles = await Promise.all([1, 2].map(() => openDatabase({ url })));
  onTestFinished(async () => void (await Promise.all(handles.map(({ close }) => close()))));
  const results = await Promise.allSettled(handles.map(({ db }) => bootstrap(db, undefined)));
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await rowsOf(url)).toHaveLength(1);
});

test('a file that cannot be written leaves the registry as it was', async () => {
  const url = await migrated();
  expect(await call('--out', '/nowhere/registry.env')).toMatchObject({ code: 1, out: '' });
  expect(await rowsOf(url)).toEqual([]);
  expect(await call()).toMatchObject({ code: 0 });
});

test('without a database, and without its schema, bootstrap says what is missing', async () => {
  vi.stubEnv('DATABASE_URL', '');
  vi.stubEnv('DATABASE_DIRECT_URL', '');
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(await call()).toMatchObject({ code: 2, err: expect.stringContaining('DATABASE_URL is empty') });
  const empty = await emptyDatabase();
  onTestFinished(empty.close);
  vi.stubEnv('DATABASE_URL', empty.url ?? '');
  expect(await call()).toMatchObject({ code: 1, err: expect.stringContaining('run migrate') });
});
