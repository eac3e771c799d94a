// engine: postgres
/** The command `doctor`, on servers, users and clocks that are right, and on those that are not. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatabaseHandle, embeddedDirectory, migrateUp, openDatabase, type serverFacts } from '@tenant-registry/db';
import { emptyDatabase, type TestDatabase, testDatabase } from '@tenant-registry/db/testing';
import { startEtcd } from '@tenant-registry/etcd/testing';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest';
import { lockDirectory } from '../../db/src/directory-lock.ts';
import { clockVerdict, findClockDistance } from '../src/cli/doctor/clock.ts';
import { connectionsVerdict, primaryVerdict, versionVerdict } from '../src/cli/doctor/server.ts';
import type { Finding } from '../src/cli/doctor/verdict.ts';
import { run } from '../src/cli/program.ts';
import { moveToEtcd } from '../src/modules/configs/store/etcd/admin/move.ts';
import { openLink } from './replicas/link.ts';
import { adminOn, etcdIsMissing, settingsFor, withoutEtcd } from './support/etcd-store.ts';
import { freePort } from './support/free-port.ts';
import { natsClient, natsPath, STREAM, startNats } from './support/nats.ts';
import { startTestServer } from './support/server.ts';

const PASSWORD = 'hunter2-of-the-owner';
const production = {
  APP_ENV: 'prod',
  OPERATOR_TOKEN: 'o'.repeat(40),
  INTERNAL_TOKEN: 'i'.repeat(40),
  API_KEY_PEPPER: 'p'.repeat(40),
  SECRETS_KEY: 's'.repeat(40),
  AUDIT_SIGNING_KEY: 'a1'.repeat(32),
  PUBLIC_URL: 'https://registry.example',
};
const secrets = [production.OPERATOR_TOKEN, production.SECRETS_KEY, production.AUDIT_SIGNING_KEY, PASSWORD, 'pppppp'];

/** A database whose owner is no superuser, as docs/operations.md says. */
let place: TestDatabase;
let admin: DatabaseHandle;
let owner = '';
let url = '';

const asAdmin = (statement: string) => sql.raw(statement).execute(admin.db);

function urlAs(user: string, database = place.url ?? ''): string {
  return Object.assign(new URL(database), { username: user, password: PASSWORD }).href;
}

beforeAll(async () => {
  admin = await openDatabase({ url: inject('postgres').adminUrl });
  place = await emptyDatabase();
  const name = new URL(place.url ?? '').pathname.slice(1);
  owner = `${name}_owner`;
  await asAdmin(`create role "${owner}" login password '${PASSWORD}'`);
  await asAdmin(`alter database "${name}" owner to "${owner}"`);
  await asAdmin(`grant tenant_registry_tenant to "${owner}" with inherit false, set true`);
  url = urlAs(owner);
  const database = await openDatabase({ url });
  await migrateUp(database.db);
  await database.close();
});
afterEach(() => void vi.unstubAllEnvs());
afterAll(async () => {
  await place.close();
  await asAdmin(`drop role "${owner}"`);
  await admin.close();
});

type Environment = Readonly<Record<string, string>>;

interface Examined {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Calls the command with this environment; no secret may be in what it prints. */
async function call(args: readonly string[], env: Environment): Promise<Examined> {
  for (const name of ['DATABASE_DIRECT_URL', 'DATABASE_URL']) vi.stubEnv(name, '');
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const out = vi.spyOn(console, 'log').mockImplementation(() => {});
  const err = vi.spyOn(console, 'error').mockImplementation(() => {});
  const mistake = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  try {
    const code = await run(['doctor', ...args]);
    const examined = { code, out: out.mock.calls.flat().join('\n'), err: err.mock.calls.flat().join('\n') };
    for (const secret of secrets) expect(examined.out + examined.err).not.toContain(secret);
    return examined;
  } finally {
    out.mockRestore();
    err.mockRestore();
    mistake.mockRestore();
    vi.unstubAllEnvs();
  }
}

/** Calls it with --json, and returns what each check said. */
async function examined(env: Environment, ...args: string[]) {
  const { code, out } = await call(['--json', ...args], { ...production, ...env });
  const { ok, checks }: { ok: boolean; checks: readonly Finding[] } = JSON.parse(out);
  expect(code).toBe(ok ? 0 : 1);
  const of = (check: string) => checks.find((each) => each.check === check);
  const named = (status: string) => checks.filter((each) => each.status === status).map(({ check }) => check);
  return { code, checks, of, failed: named('failed'), warnings: named('warning'), skipped: named('skipped') };
}

test('for an owner that is no superuser, and all keys, every check is ok, in one line each and with exit code 0', async () => {
  const { code, out, err } = await call([], { ...production, DATABASE_URL: url });
  expect(out.split('\n').filter((line) => !/^ok {7}[a-z ]{16} \S/.test(line))).toEqual([]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^ok {7}schema {11}the schema is at version \d+/m);
  const { checks, failed, warnings, skipped } = await examined({ DATABASE_URL: url });
  expect({ failed, warnings, skipped }).toEqual({ failed: [], warnings: [], skipped: [] });
  expect(checks.map(({ check }) => check)).toEqual(out.split('\n').map((line) => line.slice(9, 26).trim()));
});

test('a superuser is warned of, and serves', async () => {
  const { code, of, warnings } = await examined({ DATABASE_URL: place.url ?? '' });
  expect(warnings).toEqual(['user']);
  expect(of('user')).toMatchObject({ message: expect.stringContaining('is a superuser'), advice: expect.any(String) });
  expect(code).toBe(0);
});

// proves A23, A72
test('mistakes in the environment are named by their variables and the nearest known one, without a database', async () => {
  const { code, checks, skipped } = await examined({ PORT: 'x', DATABSE_URL: 'postgres://me:hunter2@db/registry' });
  const found = checks.filter(({ check }) => check === 'environment').map(({ message }) => message);
  expect(found).toEqual([
    expect.stringContaining('PORT must be a whole number'),
    expect.stringContaining('DATABASE_URL is missing'),
    'DATABSE_URL is not known: did you mean DATABASE_URL?',
  ]);
  expect({ code, skipped }).toEqual({ code: 1, skipped: ['everything else'] });
  const right = await examined({ DATABASE_URL: url, LOGLEVEL: 'info' });
  expect(right.of('environment')).toMatchObject({ status: 'warning', message: expect.stringContaining('LOG_LEVEL?') });
});

test('a database that does not answer is told with the reason, and what needs it is skipped', async () => {
  const wrong = Object.assign(new URL(url), { password: 'wrong-password' }).href;
  const refused = await examined({ DATABASE_URL: wrong });
  expect(refused.of('database')).toMatchObject({
    status: 'failed',
    message: expect.stringContaining('password authentication failed'),
    advice: expect.stringContaining('correct the password'),
  });
  expect(refused.skipped).toEqual(expect.arrayContaining(['version', 'schema', 'right to serve', 'clock', 'etcd']));
  expect(refused.failed).toEqual(['database']);
  const stopped = await examined({ DATABASE_URL: `postgres://me:${PASSWORD}@127.0.0.1:${await freePort()}/registry` });
  expect(stopped.of('database')).toMatchObject({ advice: expect.stringContaining('start PostgreSQL') });
  const absent = await examined({ DATABASE_URL: Object.assign(new URL(url), { pathname: '/not-there' }).href });
  expect(absent.of('database')).toMatchObject({ advice: expect.stringContaining('make the database') });
  const nowhere = await examined({ DATABASE_URL: `postgres://me:${PASSWORD}@nowhere.invalid/registry` });
  expect(nowhere.of('database')).toMatchObject({
    status: 'failed',
    message: expect.stringContaining('nowhere.invalid'),
  });
});

test('a user that may not log in, and one without connections, are told apart', async () => {
  onTestFinished(async () => void (await asAdmin(`alter role "${owner}" login connection limit -1`)));
  await asAdmin(`alter role "${owner}" nologin`);
  expect((await examined({ DATABASE_URL: url })).of('database')?.advice).toContain('log in');
  await asAdmin(`alter role "${owner}" login connection limit 0`);
  expect((await examined({ DATABASE_URL: url })).of('database')?.advice).toContain('connection limit');
});

test('a server that is silent ends every check at the limit of time', async () => {
  const link = await openLink(url);
  onTestFinished(() => link.close());
  link.freeze();
  const { failed, of } = await examined({ DATABASE_URL: link.url }, '--timeout', '1');
  expect(failed).toEqual(['database']);
  expect(of('database')?.message).toMatch(/timeout|no answer/);
});

test('a user that may not reach the rows of all tables, nor change them, is told what it lacks', async () => {
  const user = `${owner}_2`;
  await asAdmin(`create role "${user}" login password '${PASSWORD}'`);
  const within = (statement: string) => sql.raw(statement).execute(place.db);
  onTestFinished(async () => {
    await within(`drop owned by "${user}"`);
    await asAdmin(`drop role "${user}"`);
  });
  const { of, failed, warnings } = await examined({ DATABASE_URL: urlAs(user) });
  expect(failed).toEqual(['schema', 'right to serve']);
  expect(warnings).toEqual(['right to migrate']);
  expect(of('schema')?.message).toContain('permission denied for table kysely_migration');
  expect(of('right to serve')?.message).toMatch(/may not read and write \d+ tables, for instance \w+/);
  expect(of('right to migrate')?.message).toMatch(
    /may not create tables in the schema public, .*does not own \d+ tables/,
  );
  await within(`grant select, insert, update, delete on all tables in schema public to "${user}"`);
  const hidden = await examined({ DATABASE_URL: urlAs(user) });
  expect(hidden.failed).toEqual(['right to serve']);
  expect(hidden.of('right to serve')?.message).toContain('row-level security hides rows of');
  const empty = await emptyDatabase();
  onTestFinished(() => empty.close());
  const before = await examined({ DATABASE_URL: urlAs(user, empty.url) });
  expect(before.failed).toEqual(['schema', 'right to migrate']);
  expect(before.of('right to migrate')?.message).toContain('cannot make the role of tenants');
});

test('an owner that lost the role of tenants is told the statement for an administrator', async () => {
  await asAdmin(`revoke tenant_registry_tenant from "${owner}"`);
  onTestFinished(
    async () => void (await asAdmin(`grant tenant_registry_tenant to "${owner}" with inherit false, set true`)),
  );
  const { of, failed } = await examined({ DATABASE_URL: url });
  expect(failed).toEqual(['right to serve']);
  expect(of('right to serve')).toMatchObject({
    message: 'the role of tenants is not set up',
    advice: `as an administrator: grant tenant_registry_tenant to ${owner} with inherit false, set true;`,
  });
});

test('a user whose transactions are read-only, and one with too few connections, fail', async () => {
  onTestFinished(async () => {
    await asAdmin(`alter role "${owner}" reset default_transaction_read_only`);
    await asAdmin(`alter role "${owner}" connection limit -1`);
  });
  await asAdmin(`alter role "${owner}" set default_transaction_read_only = on`);
  await asAdmin(`alter role "${owner}" connection limit 4`);
  const { failed, of } = await examined({ DATABASE_URL: url });
  expect(failed).toEqual(['primary', 'connections']);
  expect(of('connections')).toMatchObject({
    message: expect.stringMatching(/a replica opens up to 11 connections, the connection limit of \S+ is 4, and/),
    advice: 'raise that limit, or set DATABASE_CONNECTIONS_MAX to 3 or less',
  });
  const { of: lower } = await examined({ DATABASE_URL: url, DATABASE_CONNECTIONS_MAX: '2' });
  expect(lower('connections')).toMatchObject({ status: 'warning', advice: expect.stringContaining('two replicas') });
});

test('a schema that is missing, older or newer is told with what to do, and a start that migrates is no failure', async () => {
  const empty = await emptyDatabase();
  onTestFinished(() => empty.close());
  const missing = await examined({ DATABASE_URL: empty.url ?? '' });
  expect(missing.failed).toEqual(['schema']);
  expect(missing.of('schema')?.advice).toContain('migrate up');
  const migrating = await examined({ DATABASE_URL: empty.url ?? '', MIGRATE_ON_START: 'true' });
  expect(migrating.of('schema')?.status).toBe('warning');
  const database = await testDatabase();
  onTestFinished(() => database.close());
  const bookkeep = (statement: string) => sql.raw(statement).execute(database.db);
  await bookkeep("insert into kysely_migration (name, timestamp) values ('9999_later', '2026-01-01')");
  const newer = await examined({ DATABASE_URL: database.url ?? '' });
  expect(newer.of('schema')).toMatchObject({ status: 'failed', message: expect.stringContaining('9999_later') });
  const accepted = await examined({ DATABASE_URL: database.url ?? '', SCHEMA_NEWER: 'accept' });
  expect(accepted.of('schema')?.status).toBe('warning');
  await bookkeep("delete from kysely_migration where name > '0027'");
  const older = await examined({ DATABASE_URL: database.url ?? '' });
  expect(older.of('schema')?.message).toMatch(/at version 26, and this program needs \d+/);
});

test('a direct URL to another database fails', async () => {
  const right = await examined({ DATABASE_URL: url, DATABASE_DIRECT_URL: url });
  expect(right.failed).toEqual([]);
  const { failed } = await examined({ DATABASE_URL: url, DATABASE_DIRECT_URL: inject('postgres').adminUrl });
  expect(failed).toEqual(['direct url']);
});

test('keys that are not set are warned of, and one that secrets in the database need fails', async () => {
  const { AUDIT_SIGNING_KEY: _, SECRETS_KEY: __, ...keyless } = production;
  const found = await examined({ ...keyless, AUDIT_SIGNING_KEY: '', SECRETS_KEY: '', DATABASE_URL: url });
  expect(found.warnings).toEqual(['secrets key', 'signing key']);
  const database = await testDatabase();
  const server = await startTestServer({ database });
  onTestFinished(() => server.close());
  const webhook = { url: 'https://hooks.acme.example/', event_types: ['tenant.*'] };
  expect((await server.call('POST /v1/webhooks', { body: webhook })).status).toBe(201);
  const { failed, of } = await examined({ DATABASE_URL: database.url ?? '' });
  expect(failed).toEqual(['secrets key']);
  expect(of('secrets key')?.message).toContain('SECRETS_KEY lacks keys');
  const folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const anchors = (path: string) => examined({ DATABASE_URL: url, AUDIT_ANCHOR_FILE: join(folder, path) });
  expect((await anchors('away/anchors.jsonl')).failed).toEqual(['signing key']);
  expect((await anchors('anchors.jsonl')).failed).toEqual([]);
  expect(existsSync(join(folder, 'anchors.jsonl'))).toBe(false);
});

test('an embedded engine that is not there yet, or is in use, is no failure, and none is made', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const dataDir = join(folder, 'data');
  const { code, of } = await examined({ APP_ENV: 'dev', DATA_DIR: dataDir, SECRETS_KEY: '', AUDIT_SIGNING_KEY: '' });
  expect(code).toBe(0);
  expect(of('database')?.message).toContain('the first start makes');
  expect(of('signing key')?.message).toContain('the start makes');
  expect(existsSync(dataDir)).toBe(false);
  const engine = embeddedDirectory(dataDir);
  await mkdir(engine, { recursive: true });
  await writeFile(join(engine, 'PG_VERSION'), '18');
  onTestFinished(await lockDirectory(engine));
  const inUse = await examined({ APP_ENV: 'dev', DATA_DIR: dataDir });
  expect([inUse.code, inUse.warnings]).toEqual([0, ['database']]);
  expect(inUse.of('database')?.message).toContain(`is in use by process ${process.pid}`);
});

test('the clocks are compared as the registry does, and told apart from their limit on', async () => {
  const database = await openDatabase({ url });
  onTestFinished(() => database.close());
  const facts = {} as serverFacts.ServerFacts; // of which the clock knows nothing
  const late = () => new Date(Date.now() - 60_000);
  const aheadMs = await findClockDistance({ database, facts }, late);
  expect(Math.abs(aheadMs + 60_000)).toBeLessThan(30_000);
  const limit = { clockSkewMaxMs: 5_000 };
  expect(clockVerdict(-60_000, limit)).toMatchObject({
    status: 'failed',
    message: expect.stringContaining("60 s behind the database's"),
  });
  expect(clockVerdict(2_000, limit)).toMatchObject({
    status: 'warning',
    message: expect.stringContaining('2 s ahead'),
  });
  expect(clockVerdict(3, limit).status).toBe('ok');
});

test('an old server, a standby and a pooler are told for what they are', () => {
  const facts: serverFacts.ServerFacts = {
    ...{ version: '15.3', version_major: 15, database: 'registry', started: '', schema: 'public' },
    ...{ user: 'registry', is_superuser: false, bypasses_rls: false, may_create_roles: false },
    ...{ is_standby: true, is_read_only: false, may_create_tables: true, may_create_extensions: true },
    ...{ has_btree_gist: true, connections: 1, connections_max: 97 },
    ...{ connections_max_of_user: null, connections_max_of_database: null },
  };
  expect(versionVerdict(facts)).toMatchObject({ status: 'failed', advice: expect.stringContaining('16') });
  expect(primaryVerdict(facts)).toMatchObject({ status: 'failed', message: 'the server is a standby' });
  const pooled = { databaseConnectionsMax: 1000, databaseDirectUrl: url, databaseUrl: url, processes: 1 };
  expect(connectionsVerdict(facts, pooled)).toMatchObject({ status: 'ok' });
  expect(connectionsVerdict(facts, { ...pooled, databaseDirectUrl: undefined })).toMatchObject({ status: 'failed' });
  const several = { ...pooled, databaseDirectUrl: undefined, databaseConnectionsMax: 31, processes: 3 };
  expect(connectionsVerdict(facts, several)).toMatchObject({
    status: 'warning',
    message: expect.stringContaining('3 processes open up to 96 connections'),
  });
});

test('a wrong call ends with 2, and nothing is looked at', async () => {
  for (const args of [['--timeout', 'x'], ['--timeout', '0'], ['--tmeout', '1'], ['more']])
    expect(await call(args, {})).toMatchObject({ code: 2, out: '' });
});

test.skipIf(etcdIsMissing)(`etcd is asked where it is configured, and its absence told${withoutEtcd}`, async () => {
  const database = await testDatabase();
  onTestFinished(() => database.close());
  const cluster = await startEtcd();
  onTestFinished(() => cluster.stop());
  const settings = settingsFor(cluster);
  const env = {
    DATABASE_URL: database.url ?? '',
    ETCD_ENDPOINTS: settings.endpoints.join(','),
    ETCD_PREFIX: settings.prefix,
  };
  const notMoved = await examined({ ...env, CONFIG_STORE: 'etcd' });
  expect(notMoved.of('etcd')).toMatchObject({
    status: 'failed',
    advice: expect.stringContaining('CONFIG_STORE=postgres'),
  });
  const parts = adminOn(database, settings);
  await moveToEtcd(parts, { overwrite: false });
  parts.etcd.close();
  expect((await examined({ ...env, CONFIG_STORE: 'etcd' })).of('etcd')).toMatchObject({ status: 'ok' });
  await cluster.member(0).kill();
  const away = await examined({ ...env, CONFIG_STORE: 'etcd' }, '--timeout', '5');
  expect(away.of('etcd')?.status).toBe('failed');
});

test.skipIf(natsPath === undefined)(
  `NATS is asked where it is configured, and no stream is made (needs nats-server)`,
  async () => {
    const nats = await startNats();
    onTestFinished(() => nats.stop());
    const env = { DATABASE_URL: url, EVENTS_NATS_URL: `nats://${nats.address}` };
    const there = await examined(env);
    expect(there.of('nats')).toMatchObject({ status: 'ok', message: expect.stringContaining('will make the stream') });
    const client = await natsClient(nats);
    await expect(client.jsm.streams.info(STREAM)).rejects.toThrow();
    await client.jsm.streams.add({ name: STREAM, subjects: ['other.>'] });
    await client.close();
    expect((await examined(env)).of('nats')).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('has the subjects'),
    });
    await nats.kill();
    expect((await examined(env)).of('nats')).toMatchObject({ status: 'failed', advice: expect.any(String) });
  },
);
