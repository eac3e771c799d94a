/** Helpers of the tests of this package: new tenants, refusals, and commands that run in processes of their own. */
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Insertable } from 'kysely';
import { expect, inject, onTestFinished } from 'vitest';
import type { Db } from '../src/handles.ts';
import type { Tenants } from '../src/schema.ts';
import { emptyDatabase, type TestDatabase, testDatabase } from '../src/testing.ts';

export const packageFolder = join(import.meta.dirname, '..');

/** Resolves to the database, which is closed when the running test ends. */
export async function closedAfterTest(opening: Promise<TestDatabase>): Promise<TestDatabase> {
  const database = await opening;
  onTestFinished(() => database.close());
  return database;
}

/** Returns a unique value that is also a valid slug. */
export function unique(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`;
}

/** Resolves to the id of a new tenant for the calling test alone. */
export async function newTenant(db: Db, values: Partial<Insertable<Tenants>> = {}): Promise<string> {
  const tenant: Insertable<Tenants> = {
    id: randomUUID(),
    slug: unique('t'),
    name: 'Acme',
    status: 'active',
    ...values,
  };
  const { id } = await db.insertInto('tenants').values(tenant).returning('id').executeTakeFirstOrThrow();
  return id;
}

/** Resolves to the id of one of the tenant's rows in the table: the first, or the one at the place. */
export async function idOf(
  db: Db,
  table:
    | 'config_schemas'
    | 'groups'
    | 'service_identities'
    | 'tenant_idp_config'
    | 'users'
    | 'webhook_deliveries'
    | 'webhook_endpoints',
  tenantId: string,
  place = 0,
): Promise<string> {
  const rows = db.selectFrom(table).select('id').where('tenant_id', '=', tenantId).orderBy('id').offset(place).limit(1);
  return (await rows.executeTakeFirstOrThrow()).id;
}

export interface Refusal {
  /** SQLSTATE. */
  readonly code: unknown;
  readonly constraint: unknown;
}

/** Resolves to the reason of the database for refusing the statement; fails when it did not refuse. */
export async function refusal(statement: Promise<unknown>): Promise<Refusal> {
  const answer = await statement.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(answer, 'the database accepted the statement').toBeInstanceOf(Error);
  const { code, constraint } = answer as Partial<Refusal>;
  return { code, constraint };
}

/** SQLSTATE of a violated check, unique constraint, foreign key and append-only rule. */
export const violated = { check: '23514', unique: '23505', foreignKey: '23503', restrict: '23001' } as const;

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  /** The environment of the process, apart from PATH. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Resolves when the process has ended, with any code; rejects when it could not be started. */
export function run(file: string, args: readonly string[], { cwd, env }: CommandOptions = {}): Promise<Outcome> {
  const options = {
    cwd,
    env: { PATH: process.env['PATH'], NODE_OPTIONS: process.env['NODE_OPTIONS'], NO_COLOR: '1', ...env },
  };
  return new Promise((resolve, reject) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      if (typeof error?.code === 'string') reject(error);
      else resolve({ code: error === null ? 0 : (error.code ?? -1), stdout, stderr });
    });
  });
}

/** Runs a TypeScript file with this Node. */
export function runNode(file: string, args: readonly string[], options?: CommandOptions): Promise<Outcome> {
  return run(process.execPath, [file, ...args], options);
}

/** Resolves to the environment that names a new empty or migrated database to a command. */
export async function commandEnv(content: 'empty' | 'migrated'): Promise<Record<string, string>> {
  if (inject('engine') === 'pglite') return { DATA_DIR: await dataDirectory(content) };
  const { url = '' } = await closedAfterTest(content === 'empty' ? emptyDatabase() : testDatabase());
  return { DATABASE_URL: url };
}

/** Resolves to a data directory with PGlite's files in it, unpacked: `initdb` would take seconds each time. */
export async function dataDirectory(content: 'empty' | 'migrated'): Promise<string> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'pglite'));
  const { code, stderr } = await run('tar', ['-xf', inject('pglite')[content], '-C', join(folder, 'pglite')]);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return folder;
}

/** Makes a folder that is removed after the running test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tenant-registry-db-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes a copy of this package that commands may write to; its dependencies are the installed ones. */
export function packageCopy(): string {
  const folder = temporaryFolder();
  for (const name of ['src', 'migrations', 'package.json', 'kysely.config.ts']) {
    cpSync(join(packageFolder, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(packageFolder, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return folder;
}
