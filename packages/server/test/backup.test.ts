// engine: none
/** docs/backup.md: its commands are run as they stand there, by a real pg_dump, from one server onto an empty one. */
import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type DatabaseHandle, migrateUp, openDatabase, webhooks } from '@tenant-registry/db';
import { copyDatabase } from '@tenant-registry/db/copy';
import { type PostgresServer, startPostgres } from '@tenant-registry/db/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { populatedTenant } from '../../db/test/populated-tenant.ts';
import { parseVerifier, signerOf } from '../src/modules/audit/tree/note.ts';
import { anchorTexts } from '../src/modules/audit/verify/anchors.ts';
import type { Finding } from '../src/modules/audit/verify/finding.ts';
import { verifyAudit } from '../src/modules/audit/verify/verify.ts';
import { openSecrets } from '../src/modules/webhooks/secrets.ts';
import { testConfig } from '../src/testing.ts';
import { ask, newKey } from './support/api-keys.ts';
import { signAll } from './support/audit-log.ts';
import { childEnv } from './support/child-env.ts';
import { blocksOf } from './support/page-blocks.ts';
import { postgresTools } from './support/postgres-tools.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { startProcess } from './support/server-process.ts';
import { newWebhook } from './support/webhooks.ts';

const exec = promisify(execFile);
const PASSWORD = `it's "a" password`;
const blocks = blocksOf('backup.md');
const { auditSigningKeys, auditOrigin } = testConfig;
const SIGNING = { AUDIT_SIGNING_KEY: auditSigningKeys.join(), AUDIT_ORIGIN: auditOrigin };

test.runIf(process.env['CI'] !== undefined)('a whole PostgreSQL is there where the suite must run in full', () => {
  expect(postgresTools).toBeDefined();
});

describe.skipIf(postgresTools === undefined)('dump and restore (needs pg_dump, psql and a server, 16 or newer)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'backup-'));
  const servers: PostgresServer[] = [];
  const opened: DatabaseHandle[] = [];
  let [from, to] = ['', ''];
  let made: { readonly key: string; readonly webhookId: string; readonly secret: string };

  /** Runs a block of the page in the folder, as a shell does that stops at the first failure. */
  const run = (name: string, env: Readonly<Record<string, string>>) =>
    exec('sh', ['-eu', '-c', blocks.get(name) ?? `echo no block ${name} >&2; exit 9`], {
      cwd: folder,
      env: {
        ...childEnv(),
        PATH: [folder, postgresTools?.bin, process.env['PATH']].join(delimiter),
        ...env,
      },
    });

  async function open(url: string): Promise<DatabaseHandle> {
    const handle = await openDatabase({ url, connectionsMax: 4 });
    opened.push(handle);
    return handle;
  }

  beforeAll(async () => {
    const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
    writeFileSync(join(folder, 'tenant-registry'), `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n`);
    chmodSync(join(folder, 'tenant-registry'), 0o755);
    const { PATH = '' } = process.env;
    // The older one of npm, and one of the version of the programs.
    for (const embedded of [{}, { installation: postgresTools?.installation ?? '' }]) {
      const server = await startPostgres({}, { PATH }, embedded);
      servers.push(server);
      await run('server', { ADMINURL: server.url, NEW_PASSWORD: PASSWORD });
    }
    [from = '', to = ''] = servers.map(({ url }) => as('registry', url, 'registry'));
    const source = await openDatabase({ url: from });
    await migrateUp(source.db);
    const anchors = join(folder, 'all-anchors.jsonl');
    const server = await startTestServer({ database: source, auditAnchorFile: anchors });
    made = await fill(server);
    await run('dump', { PGURL: from });
    await run('restore', { NEWURL: to });
    copyFileSync(anchors, join(folder, 'anchors.jsonl'));
    await newKey(server);
    await signAll(server);
    await server.close();
  });
  afterAll(async () => {
    for (const each of opened) await each.close();
    for (const each of servers) await each.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  // proves B36
  test('nothing is left to migrate, and the audit log is proved: but for what was signed after the dump', async () => {
    const { stdout } = await run('check', { NEWURL: to, ...SIGNING });
    expect(stdout).toContain('nothing to do: the schema is current');
    expect(stdout).toMatch(/ 1 anchors compared .*all of it is proved/);
    expect(await findings(await open(to), join(folder, 'all-anchors.jsonl'))).toEqual(['finding: cut']);
  });

  test('a key verifies and a secret opens, under the keys of the environment that the dump does not have', async () => {
    const restored = await openDatabase({ url: to });
    const server = await startTestServer({ database: restored });
    expect((await ask(server, { key: made.key })).body).toMatchObject({ valid: true });
    const rows = await webhooks.listSecrets(restored.db, made.webhookId, new Date());
    expect(await openSecrets(server.app.deps.sealed, rows)).toEqual([made.secret]);
    await newKey(server);
    await server.close();
  });

  test('a replica with another SECRETS_KEY does not start, and says in one line what it lacks', async () => {
    const keys = { SECRETS_KEY: 'f'.repeat(64), OPERATOR_TOKEN: 'o'.repeat(40) };
    const { ended, output } = startProcess({ DATABASE_URL: to, ...keys, ...SIGNING });
    expect(await ended).toBe(1);
    const lines = output().trim().split('\n');
    expect(lines.filter((line) => !line.startsWith('{'))).toEqual([
      expect.stringMatching(/^tenant-registry cannot start: SECRETS_KEY lacks keys .*: [0-9a-f]{16} \(1\)\./),
    ]);
  });

  test('a dump by the owner has every row of every table', async () => {
    const [PGURL, NEWURL] = await Promise.all(
      servers.map(async ({ url }) => {
        const admin = await open(url);
        await sql`create database full_one owner registry`.execute(admin.db);
        return as('registry', url, 'full_one');
      }),
    );
    const source = await open(PGURL ?? '');
    await migrateUp(source.db);
    await populatedTenant(source.db);
    await run('dump', { PGURL: PGURL ?? '' });
    await run('restore', { NEWURL: NEWURL ?? '' });
    const counted = await Promise.all([sums(source), sums(await open(NEWURL ?? ''))]);
    expect(counted[1]).toEqual(counted[0]);
    expect(counted[0].filter(({ rows }) => rows > 0).length).toBeGreaterThan(40);
  });

  test('who is refused rows is refused the dump: the owner without the option, and a user who may read all tables', async () => {
    const env = { PATH: postgresTools?.bin ?? '' };
    const dumped = exec('pg_dump', ['--file=/dev/null', from], { env }).catch((error: unknown) => error);
    expect(String(await dumped)).toContain('affected by row-level security');
    const { db } = await open(servers[0]?.url ?? '');
    await sql`create role reader login password ${sql.lit(PASSWORD)} in role pg_read_all_data`.execute(db);
    await expect(run('dump', { PGURL: from.replace('//registry:', '//reader:') })).rejects.toThrow(
      /denied to set role/,
    );
  });

  test('a restore as a user whom the policies do not name is seen: by the check of the log, which would find nothing', async () => {
    const { db } = await open(servers[1]?.url ?? '');
    await sql`create role another login password ${sql.lit(PASSWORD)}`.execute(db);
    await sql`grant tenant_registry_tenant to another with inherit false, set true`.execute(db);
    await sql`create database moved owner another`.execute(db);
    const NEWURL = as('another', servers[1]?.url ?? '', 'moved');
    await run('restore', { NEWURL });
    const checked = await run('check', { NEWURL, ...SIGNING }).catch((error: unknown) => error);
    expect(checked).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^audit: row-level security hides rows of \w+/m),
    });
  });

  test('a restore into a database that has rows changes nothing', async () => {
    const before = await sums(await open(to));
    await expect(run('restore', { NEWURL: to })).rejects.toThrow(/already exists/);
    expect(await sums(await open(to))).toEqual(before);
  });

  /** The count and hash of each table, by what `copy` would compare. */
  async function sums(database: DatabaseHandle) {
    const admin = servers[0] ?? { url: '' };
    const nowhere = await open(admin.url);
    const silent = { begin() {}, done() {} };
    return (await copyDatabase(database, nowhere, { dryRun: true, progress: silent })).tables;
  }
});

/** Returns the URL with another user and database. */
function as(user: string, url: string, database: string): string {
  const changed = new URL(url);
  [changed.username, changed.password, changed.pathname] = [user, encodeURIComponent(PASSWORD), `/${database}`];
  return changed.href;
}

/** What the check of the log finds when it is held against the anchors of the file. */
async function findings({ db }: DatabaseHandle, file: string): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  const report = ({ kind, severity }: Finding) => void found.push(`${severity}: ${kind}`);
  const verifiers = auditSigningKeys.map((seed) =>
    parseVerifier(signerOf(auditOrigin, Buffer.from(seed, 'hex')).verifier),
  );
  const anchors = anchorTexts(readFileSync(file, 'utf8'), 'anchors');
  await verifyAudit(db, {
    tenant: undefined,
    verifiers,
    anchors,
    report,
    progress: { begin() {}, done() {}, end() {} },
  });
  return found;
}

/** Makes a key, a sealed secret and a signed log, whose checkpoint also goes outside. */
async function fill(server: TestServer) {
  const { key, tenant_id } = await newKey(server);
  const { id, secret } = await newWebhook(server, tenant_id);
  await signAll(server);
  return { key, webhookId: id, secret };
}
