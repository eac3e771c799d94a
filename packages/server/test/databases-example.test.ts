// engine: postgres
/** Runs the example of databases against a real registry, which makes them on the server of the tests. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openDatabase } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import { sql } from 'kysely';
import { expect, inject, onTestFinished, test } from 'vitest';
import { INTERNAL, OPERATOR, startProcess } from './support/server-process.ts';

const main = fileURLToPath(new URL('../../../examples/databases/src/main.ts', import.meta.url));
const ENDS_WITHIN_MS = 180_000;

/** A role that may make databases, and the file that says so to a registry. */
async function newWorld() {
  const { adminUrl } = inject('postgres');
  const { db, close } = await openDatabase({ url: adminUrl });
  const [installation, password] = [`example-${randomBytes(4).toString('hex')}`, randomBytes(24).toString('hex')];
  const role = installation.replace('-', '_');
  await sql`create role ${sql.id(role)} login createdb createrole password ${sql.lit(password)}`.execute(db);
  const folder = await mkdtemp(join(tmpdir(), 'databases-example-'));
  onTestFinished(async () => {
    await sql`drop role ${sql.id(role)}`.execute(db);
    await close();
    await rm(folder, { recursive: true });
  });
  const adminUrlOfRole = Object.assign(new URL(adminUrl), { username: role, password });
  await writeFile(join(folder, 'admin-url'), adminUrlOfRole.href, { mode: 0o600 });
  const provisioner = {
    kind: 'postgres',
    admin_url_file: 'admin-url',
    secrets_directory: 'secrets',
    sslmode: 'disable',
  };
  const tiers = { small: { provisioner: 'server', spec: { connections: 20, extensions: ['pg_trgm'] } } };
  const file = join(folder, 'databases.json');
  await writeFile(file, JSON.stringify({ installation, provisioners: { server: provisioner }, tiers }));
  return {
    file,
    password,
    /** The roles with the mark of the registry; each database has three. */
    async roles() {
      const marked = sql<{ rolname: string }>`
        select rolname from pg_roles where starts_with(shobj_description(oid, 'pg_authid'), ${`{"tenant-registry":"${installation}",`})`;
      return (await marked.execute(db)).rows.map(({ rolname }) => rolname);
    },
    /** The secrets that are there. */
    secrets: () => readdir(join(folder, 'secrets/default')),
  };
}

async function startRegistry(env: Record<string, string>) {
  const database = await testDatabase();
  const { child, output, ready, ended } = startProcess({
    DATABASE_URL: database.url ?? '',
    OPERATOR_TOKEN: OPERATOR,
    INTERNAL_TOKEN: INTERNAL,
    RATE_LIMIT_PER_MINUTE: '0',
    REQUEST_TIMEOUT_MS: '48000',
    ...env,
  });
  onTestFinished(async () => {
    child.kill();
    await ended;
    await database.close();
  });
  return { url: await ready, output };
}

const run = (url: string) =>
  promisify(execFile)(process.execPath, [main], {
    env: { PATH: process.env['PATH'], URL: url, OPERATOR_TOKEN: OPERATOR },
    timeout: ENDS_WITHIN_MS,
  });

// proves D2, D13, D14, D16, D17, D33
test(
  'examples/databases orders a database, works in it while its credential changes, and leaves nothing behind',
  async () => {
    const world = await newWorld();
    const { url, output } = await startRegistry({ DATABASES_FILE: world.file });
    const { stdout, stderr } = await run(url);
    expect(stderr).toBe('');
    const lines = stdout.trimEnd().split('\n');
    expect(lines.at(-1)).toBe('That was the whole life of a database.');
    expect(lines).toEqual(
      expect.arrayContaining([
        'ordered orders of the tier small: provisioning (queued)',
        '  ready (healthy)',
        expect.stringMatching(/^connected to orders_\w+: a table with 1 row$/),
        expect.stringMatching(/^the program that works connected \d+ times, and never failed$/),
        'the old login is refused',
        expect.stringMatching(/^deleted\. Its life: .*rotated/),
      ]),
    );
    expect(await world.roles()).toEqual([]);
    expect(await world.secrets()).toEqual([]);
    expect(output()).not.toContain(world.password);
  },
  ENDS_WITHIN_MS,
);

test('examples/databases ends with a sentence where nothing can be ordered', async () => {
  const { url } = await startRegistry({});
  const error = await run(url).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('DATABASES_FILE') });
});
