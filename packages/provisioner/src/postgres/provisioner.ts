/**
 * Databases on one server of PostgreSQL, 16 or later. Of a spec it keeps `parameters`, `connections` and `extensions`; the
 * server decides about instances, cpu, memory, storage, image, pool and backup_schedule. The administrator may create
 * databases and roles and need not be a superuser. It never connects to a database that it made: whatever has to be done
 * inside is done as one of that database's logins, so nothing that stands there runs with the administrator's rights.
 */
import { connectManaged, managedDatabases, managedRoles, managedServer } from '@tenant-registry/db';
import type { SecretStore } from '../secrets/types.ts';
import type { Desired, Endpoint, Observed, Provisioner, Survey } from '../types.ts';
import { addressOf, type Connect, onConnection, readAdminUrl, requireAbilities } from './admin.ts';
import { SECRET_KEYS } from './credential.ts';
import { meaningOf, Refusal } from './errors.ts';
import { markStart, readMark } from './mark.ts';
import { serverNames } from './names.ts';
import { destroy, rest } from './rest.ts';
import { run } from './run.ts';
import { isLost, look, observe, type Pass, requireItsServer } from './state.ts';

export interface PostgresOptions {
  /** The mark of the registry on everything that it makes. */
  readonly installation: string;
  /** A file with the URL of the administrator. It leads to the server itself, not through a pooler. */
  readonly adminUrlFile: string;
  /** Where clients connect; absent: where the administrator does. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly sslmode: Endpoint['sslmode'];
  readonly secrets: SecretStore;
  /** Makes connections. */
  readonly connect?: Connect;
}

/** Makes the provisioner. It connects at each pass, and to nothing before. */
export function createPostgresProvisioner(options: PostgresOptions): Provisioner {
  return {
    kind: 'postgres',
    secretOf: ({ namespace, credentials }) => options.secrets.reference(namespace, credentials, SECRET_KEYS),
    reconcile: (desired, signal) => reconcile(options, desired, signal),
    list: (signal) => list(options, signal),
    async close() {},
  };
}

async function reconcile(options: PostgresOptions, desired: Desired, signal: AbortSignal): Promise<Observed> {
  const repaired: string[] = [];
  const known = { external_uid: desired.external_uid, repaired };
  try {
    const observed = await asAdmin(options, signal, async (admin) => onePass(options, { desired, repaired, ...admin }));
    return { ...observed, repaired: [...new Set(repaired)] };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return observe({ phase: 'failed', reason: error.reason }, { ...known, message: error.message, in_sync: false });
  }
}

interface Admin {
  readonly url: URL;
  readonly db: Pass['db'];
  readonly signal: AbortSignal;
}

/** Runs the work on a connection of the administrator. Throws `Refusal`, `ProvisionerUnavailable`, or the signal's reason. */
async function asAdmin<T>(
  options: PostgresOptions,
  signal: AbortSignal,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const url = await readAdminUrl(options.adminUrlFile);
  const { host, port } = addressOf(url);
  try {
    const connection = await (options.connect ?? connectManaged)(url.href, signal);
    return await onConnection(connection, signal, async (db) => {
      await managedServer.trustCatalogOnly(db);
      await requireAbilities(db, `${host}:${port}`);
      return work({ url, db, signal });
    });
  } catch (error) {
    signal.throwIfAborted();
    throw meaningOf(error, `${host}:${port}`);
  }
}

async function onePass(
  options: PostgresOptions,
  { desired, repaired, ...admin }: Admin & { desired: Desired; repaired: string[] },
): Promise<Observed> {
  const { installation, secrets, sslmode } = options;
  const names = serverNames(desired.names);
  const { host, port } = addressOf(admin.url);
  const pass: Pass = {
    desired,
    installation,
    names,
    secrets,
    endpoint: { host: options.host ?? host, port: options.port ?? port, sslmode },
    db: admin.db,
    server: await managedServer.findServerId(admin.db),
    async logIn({ user, password }, work) {
      const url = new URL(admin.url);
      Object.assign(url, { username: user, password, pathname: `/${names.database}` });
      const connection = await (options.connect ?? connectManaged)(url.href, admin.signal);
      return onConnection(connection, admin.signal, work);
    },
    repaired: (what) => void (desired.external_uid !== null && repaired.push(what)),
  };
  // Another pass for the same database goes first; a pass that was cut off has let go with its connection.
  await managedServer.lockName(admin.db, `tenant-registry ${names.database}`);
  const state = await look(pass);
  requireItsServer(pass, state);
  if (desired.want === 'destroyed') return destroy(pass, state);
  if (isLost(pass, state)) {
    const message = `the database ${names.database} is not there any more, or another one is in its place`;
    return observe({ phase: 'lost' }, { external_uid: desired.external_uid, message, in_sync: false });
  }
  return desired.want === 'running' ? run(pass, state) : rest(pass, state, desired.want);
}

async function list(options: PostgresOptions, signal: AbortSignal): Promise<Survey[]> {
  const { installation, secrets } = options;
  const [roles, databases] = await asAdmin(options, signal, async ({ db }) => {
    const roles = await managedRoles.listRolesByComment(db, markStart(installation));
    const names = roles.map(({ name }) => name);
    return [roles, await managedDatabases.listDatabasesOf(db, names)] as const;
  });
  const marks = new Map(roles.map(({ name, comment }) => [name, readMark(installation, comment)]));
  const found = (role: string, kind: string, name: string): Survey[] => {
    const mark = marks.get(role);
    return mark === undefined ? [] : [{ id: mark.database, namespace: mark.namespace, kind, name }];
  };
  const stored = (await secrets.list()).filter(({ labels }) => labels['installation'] === installation);
  return [
    ...databases.flatMap(({ name, owner }) => found(owner, 'database', name)),
    ...roles.flatMap(({ name }) => found(name, 'role', name)),
    ...stored.map(({ namespace, name, labels }) => ({ id: labels['database'] ?? '', namespace, kind: 'secret', name })),
  ];
}
