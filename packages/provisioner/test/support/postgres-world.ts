/** A world for the contract on a real server: an administrator, a folder of secrets, and a hand that interferes. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectManaged, type Db, type ManagedConnection } from '@tenant-registry/db';
import { withPlugin } from '@tenant-registry/db/testing';
import { type RawBuilder, sql } from 'kysely';
import { serverNames } from '../../src/postgres/names.ts';
import { createPostgresProvisioner, type PostgresOptions } from '../../src/postgres/provisioner.ts';
import { createDirectoryStore } from '../../src/secrets/directory.ts';
import type { SecretStore } from '../../src/secrets/types.ts';
import type { ContractCredential, ContractHarness, Cut, Drift } from '../../src/testing/contract.ts';
import { newOrder } from '../../src/testing/order.ts';
import type { Desired, Spec } from '../../src/types.ts';

export interface PostgresWorld extends Required<Omit<ContractHarness, 'cutEvery'>> {
  readonly options: PostgresOptions;
  readonly secrets: SecretStore;
  readonly adminUrlFile: string;
  readonly directory: string;
  /** Every statement that was sent, with its values. */
  readonly statements: string[];
  /** Runs the statement as a superuser. */
  asSuperuser<Row>(statement: RawBuilder<Row>, database?: string): Promise<Row[]>;
  /** Runs the work as a client. */
  asClient<T>(desired: Desired, credential: ContractCredential, work: (db: Db) => Promise<T>): Promise<T>;
}

interface WorldOptions {
  readonly superuserUrl: string;
  readonly admin: 'superuser' | 'limited';
  readonly spec?: Partial<Spec>;
}

/** Opens a world on the server. `limited`: its administrator may create databases and roles, and is no superuser. */
export async function openPostgresWorld({ superuserUrl, admin, spec = {} }: WorldOptions): Promise<PostgresWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'provisioner-'));
  const adminUrlFile = join(directory, 'admin-url');
  const installation = `test-${randomBytes(4).toString('hex')}`;
  const superuser = superuserOf(superuserUrl);
  const role = `admin_${randomBytes(4).toString('hex')}`;
  const password = randomBytes(16).toString('hex');
  const adminUrl = admin === 'superuser' ? superuserUrl : userUrl(superuserUrl, { user: role, password });
  if (admin === 'limited')
    await superuser(sql`create role ${sql.id(role)} login createdb createrole password ${sql.lit(password)}`);
  await writeFile(adminUrlFile, `${adminUrl}\n`, { mode: 0o600 });
  const calls = countCalls();
  const directoryStore = createDirectoryStore(join(directory, 'secrets'));
  const secrets = calls.watchStore(directoryStore);
  const statements: string[] = [];
  const connect: PostgresOptions['connect'] = async (url, signal) =>
    calls.watchConnection(await connectManaged(url, signal), statements);
  const options = { installation, adminUrlFile, sslmode: 'disable', secrets, connect } as const;
  const asClient: PostgresWorld['asClient'] = async ({ names }, credential, work) => {
    const url = new URL(userUrl(superuserUrl, credential));
    url.pathname = `/${serverNames(names).database}`;
    const connection = await connectManaged(url.href, new AbortController().signal);
    return work(connection.db).finally(connection.close);
  };
  const world = { superuser, secrets: directoryStore };
  return {
    options,
    secrets: directoryStore,
    adminUrlFile,
    directory,
    statements,
    asSuperuser: superuser,
    asClient,
    provisioner: createPostgresProvisioner(options),
    stranger: createPostgresProvisioner({ ...options, installation: `${installation}-2` }),
    order: () => newOrder({ spec }),
    settle: async () => {},
    abortAfter: calls.abortAfter,
    credentials: async ({ names }) => {
      const secret = await directoryStore.read(names.namespace, names.credentials);
      return secret === null ? null : { user: secret.data['user'] ?? '', password: secret.data['password'] ?? '' };
    },
    async logIn(desired, credential) {
      try {
        await asClient(desired, credential, (db) => sql`select 1`.execute(db));
        return true;
      } catch (error) {
        if (['28P01', '28000', '55000', '3D000'].includes(codeOf(error))) return false;
        throw error;
      }
    },
    async keep(desired, text) {
      const data = (await directoryStore.read(desired.names.namespace, desired.names.credentials))?.data;
      const credential = { user: data?.['user'] ?? '', password: data?.['password'] ?? '' };
      await asClient(desired, credential, async (db) => {
        await sql`create table if not exists kept (text text)`.execute(db);
        await sql`insert into kept values (${text})`.execute(db);
      });
    },
    async kept({ names }) {
      const { database } = serverNames(names);
      await superuser(sql`alter database ${sql.id(database)} allow_connections true`);
      return (await superuser(sql<{ text: string }>`select text from kept`, database)).map(({ text }) => text);
    },
    drifts: driftsOf(world),
    async drop({ names }) {
      await superuser(sql`drop database ${sql.id(serverNames(names).database)} with (force)`);
    },
    async occupy({ names }) {
      await superuser(sql`create role ${sql.id(serverNames(names).logins.b)}`);
    },
    async close() {
      await clearServer(superuser, installation);
      if (admin === 'limited') await superuser(sql`drop owned by ${sql.id(role)}`);
      if (admin === 'limited') await superuser(sql`drop role ${sql.id(role)}`);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

type Superuser = PostgresWorld['asSuperuser'];

function superuserOf(superuserUrl: string): Superuser {
  return async (statement, database) => {
    const url = new URL(superuserUrl);
    if (database !== undefined) url.pathname = `/${database}`;
    const { db, close } = await connectManaged(url.href, new AbortController().signal);
    return statement
      .execute(db)
      .then(({ rows }) => rows)
      .finally(close);
  };
}

/** Drops what the tests left on a server that may be somebody's own. */
async function clearServer(superuser: Superuser, installation: string): Promise<void> {
  const roles = await superuser(sql<{ name: string; database: string | null }>`
    select r.rolname as name, d.datname as database from pg_roles r left join pg_database d on d.datdba = r.oid
    where starts_with(shobj_description(r.oid, 'pg_authid'), ${`{"tenant-registry":"${installation}`})
    order by d.datname is null, length(r.rolname) desc`);
  for (const { database } of roles)
    if (database !== null) await superuser(sql`drop database ${sql.id(database)} with (force)`);
  for (const { name } of roles) await superuser(sql`drop role ${sql.id(name)}`);
}

function driftsOf({ superuser, secrets }: { superuser: Superuser; secrets: SecretStore }): Drift[] {
  const statement = (
    what: string,
    repaired: string,
    make: (names: ReturnType<typeof serverNames>) => RawBuilder<unknown>,
  ): Drift => ({
    what,
    repaired,
    change: async ({ names }) => void (await superuser(make(serverNames(names)))),
  });
  const id = sql.id;
  return [
    statement(
      'a parameter changed',
      'parameter work_mem',
      ({ database }) => sql`alter database ${id(database)} set work_mem = '1MB'`,
    ),
    statement(
      'a parameter reset',
      'parameter work_mem',
      ({ database }) => sql`alter database ${id(database)} reset work_mem`,
    ),
    statement(
      'the limit raised',
      'connection limit',
      ({ database }) => sql`alter database ${id(database)} connection limit -1`,
    ),
    statement(
      'the doors closed',
      'allow_connections',
      ({ database }) => sql`alter database ${id(database)} allow_connections false`,
    ),
    statement(
      'public let in',
      'rights of public',
      ({ database }) => sql`grant connect on database ${id(database)} to public`,
    ),
    statement('the login closed', 'login a', ({ logins }) => sql`alter role ${id(logins.a)} nologin`),
    statement('the login dropped', 'login a', ({ logins }) => sql`drop role ${id(logins.a)}`),
    statement('the other login dropped', 'login b', ({ logins }) => sql`drop role ${id(logins.b)}`),
    statement('the other login opened', 'login b', ({ logins }) => sql`alter role ${id(logins.b)} login password 'x'`),
    statement('the login on its own', 'login a', ({ logins }) => sql`alter role ${id(logins.a)} reset role`),
    statement('another password', 'password of login a', ({ logins }) => sql`alter role ${id(logins.a)} password 'x'`),
    {
      what: 'an extension dropped',
      repaired: 'extension pg_trgm',
      change: async ({ names }) => void (await superuser(sql`drop extension pg_trgm`, serverNames(names).database)),
    },
    {
      what: 'the secret of the login removed',
      repaired: 'secret of login a',
      change: ({ names }) => secrets.remove(names.namespace, names.logins.a),
    },
    {
      what: 'the secret of consumers removed',
      repaired: 'secret of consumers',
      change: ({ names }) => secrets.remove(names.namespace, names.credentials),
    },
  ];
}

/** Counts completed calls to the outside, and lets none through once the armed number is reached. */
function countCalls() {
  let armed: { left: number; controller: AbortController } | undefined;
  const KILLED = 'the process was killed';
  const before = () => {
    if (armed?.controller.signal.aborted) throw new Error(KILLED);
  };
  const after = () => {
    before();
    if (armed === undefined) return;
    armed.left -= 1;
    if (armed.left > 0) return;
    armed.controller.abort(new Error(KILLED));
    throw new Error(KILLED);
  };
  return {
    abortAfter(calls: number): Cut {
      const own = { left: calls, controller: new AbortController() };
      armed = own;
      return {
        signal: own.controller.signal,
        fired: () => own.controller.signal.aborted,
        mend: () => {
          armed = undefined;
        },
      };
    },
    watchConnection({ db, close }: ManagedConnection, statements: string[]): ManagedConnection {
      const watched = withPlugin(db, {
        transformQuery({ node }) {
          before();
          statements.push(JSON.stringify(node));
          return node;
        },
        async transformResult({ result }) {
          after();
          return result;
        },
      });
      return { db: watched, close };
    },
    watchStore(store: SecretStore): SecretStore {
      const call = async <T>(work: () => Promise<T>): Promise<T> => {
        before();
        const result = await work();
        after();
        return result;
      };
      return {
        ...store,
        read: (...place) => call(() => store.read(...place)),
        write: (...place) => call(() => store.write(...place)),
        remove: (...place) => call(() => store.remove(...place)),
      };
    },
  };
}

function userUrl(url: string, { user, password }: ContractCredential): string {
  const changed = new URL(url);
  Object.assign(changed, { username: user, password });
  return changed.href;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Reads a file of a secret, as a consumer does. */
export function readKey(world: PostgresWorld, { names }: Desired, key: string): Promise<string> {
  return readFile(join(world.directory, 'secrets', names.namespace, names.credentials, key), 'utf8');
}
