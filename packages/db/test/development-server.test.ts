// engine: none
/** `npm run postgres` as a developer runs it: a process, its files, and its end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { openDatabase } from '../src/database.ts';
import { packageFolder } from './support.ts';

const script = join(packageFolder, 'scripts/postgres.ts');

function start(...args: string[]) {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { text: '' };
  const hear = (text: Buffer) => {
    said.text += text;
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return { child, said, ended: once(child, 'close').then(([code]) => code as number | null) };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number }; // TCP
  probe.close();
  return port;
}

async function adminRow(url: string) {
  const { db, close } = await openDatabase({ url });
  const { rows } = await sql`
    select rolsuper, rolcreatedb, rolcreaterole, shobj_description(oid, 'pg_authid') as kept
    from pg_roles where rolname = current_user`
    .execute(db)
    .finally(close);
  return rows[0];
}

test.each([
  [['--help'], 0, 'Exit codes:'],
  [['--port=0'], 2, '--port must be between 1 and 65535'],
  [['--colour'], 2, "'--colour'"],
])('called with %j it exits with %i', async (args, code, text) => {
  const { said, ended } = start(...args);
  expect(await ended).toBe(code);
  expect(said.text).toContain(text);
});

test('it writes what a registry needs, keeps its data, and leaves a changed file alone', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'development-'));
  chmodSync(directory, 0o755);
  const port = await freePort();
  const adminUrlFile = join(directory, 'databases/admin-url');
  const file = join(directory, 'databases/databases.json');
  const admin = { rolsuper: false, rolcreatedb: true, rolcreaterole: true };
  const run = async (work: (url: string) => Promise<void>) => {
    const { child, said, ended } = start(`--port=${port}`, `--directory=${directory}`);
    await Promise.race([expect.poll(() => said.text).toContain('Ctrl-C'), ended]);
    expect(said.text).toContain(`DATABASES_FILE=`);
    const url = readFileSync(adminUrlFile, 'utf8').trim();
    expect(said.text).not.toContain(new URL(url).password);
    await work(url);
    child.kill('SIGINT');
    expect(await ended).toBe(0);
  };
  await run(async (url) => {
    expect(await adminRow(url)).toEqual({ ...admin, kept: null });
    expect(statSync(adminUrlFile).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ provisioners: { local: { kind: 'postgres' } } });
    writeFileSync(file, 'mine');
    const { db, close } = await openDatabase({ url });
    await sql`create database kept`.execute(db).finally(close);
  });
  await run(async (url) => {
    expect(await adminRow(new URL('/kept', url).href)).toEqual({ ...admin, kept: null });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    const second = start(`--port=${port}`, `--directory=${directory}`);
    expect(await second.ended).toBe(1);
    expect(second.said.text).toMatch(/^postgres: .*(already|in use)/s);
  });
});
