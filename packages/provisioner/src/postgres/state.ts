/** What a pass works with, and what it sees of the server. */
import { type Db, managedDatabases, managedRoles } from '@tenant-registry/db';
import type { Secret, SecretStore } from '../secrets/types.ts';
import { type Desired, type Endpoint, type Observed, type Phase, ProvisionerUnavailable, type Slot } from '../types.ts';
import type { Credential } from './credential.ts';
import { Refusal } from './errors.ts';
import { type Left, type Mark, nothingLeft, readMark, writeMark } from './mark.ts';
import type { ServerNames } from './names.ts';

export interface Pass {
  readonly desired: Desired;
  readonly installation: string;
  readonly names: ServerNames;
  readonly endpoint: Endpoint;
  readonly secrets: SecretStore;
  /** The administrator's connection. It holds the lock of the database. */
  readonly db: Db;
  /** What tells the server from every other one; null where that is not known. */
  readonly server: string | null;
  /** Runs the work as a client of the database. */
  logIn<T>(credential: Credential, work: (db: Db) => Promise<T>): Promise<T>;
  /** Takes down what had changed by itself, unless the database is only being made. */
  repaired(what: string): void;
}

type Role = managedRoles.ManagedRole;

export interface State {
  readonly owner: Role | undefined;
  readonly logins: Readonly<Record<Slot, Role | undefined>>;
  readonly database: managedDatabases.ManagedDatabase | undefined;
  /** Of the database with that name, ours or not. */
  readonly oid: number | undefined;
  /** What the last complete pass left behind. */
  readonly left: Left;
  /** What has our names and is not ours, in words. */
  readonly foreign: readonly string[];
}

/** Reads everything that has a name of the database. What is not ours is only told of, by its name. */
export async function look(pass: Pass): Promise<State> {
  const { db, names } = pass;
  const all = await managedRoles.findRoles(db, { owner: names.database, logins: Object.values(names.logins) });
  const database = await managedDatabases.findDatabase(db, names.database);
  const isOurs = (role: Role) => readMark(pass.installation, role.comment)?.database === pass.desired.id;
  const ours = new Map(all.filter(isOurs).map((role) => [role.name, role]));
  const owner = ours.get(names.database);
  const isDatabaseOurs = database !== undefined && owner !== undefined && database.owner === owner.name;
  return {
    owner,
    logins: { a: ours.get(names.logins.a), b: ours.get(names.logins.b) },
    database: isDatabaseOurs ? database : undefined,
    oid: database?.oid,
    left: readMark(pass.installation, owner?.comment ?? null)?.left ?? nothingLeft,
    foreign: [
      ...all.filter((role) => !isOurs(role)).map(({ name }) => `the role ${name}`),
      ...(database === undefined || isDatabaseOurs ? [] : [`the database ${names.database} of ${database.owner}`]),
    ],
  };
}

/** Throws the refusal of a pass that would touch what is not ours. */
export function requireOurs({ foreign }: State): void {
  if (foreign.length === 0) return;
  const which = foreign.join(' and ');
  throw new Refusal('conflict', `${which} carries no mark of this database: rename or drop it, then retry`);
}

/** Throws the refusal of a database whose removal was begun and cut off: nobody can get into it ever again. */
export function requireWhole({ database }: State): void {
  if (database === undefined || !managedDatabases.isHalfDropped(database)) return;
  throw new Refusal('unrecoverable', `somebody began to drop the database ${database.owner}: drop it, then retry`);
}

/** Tells whether the database that was made is gone, or another one is in its place. */
export function isLost({ desired }: Pass, { oid }: State): boolean {
  return desired.external_uid !== null && String(oid) !== desired.external_uid.split('@')[0];
}

/** Returns what the database is known by: its number, which outlives an upgrade of the server, and the server. */
export function identityOf({ desired, server }: Pass, oid: number): string {
  return desired.external_uid ?? (server === null ? String(oid) : `${oid}@${server}`);
}

/**
 * Throws `ProvisionerUnavailable` on another server than that of the database, when nothing of the database is there: what is
 * not found there is neither lost nor removed. A server that was upgraded or restored has its roles with our marks.
 */
export function requireItsServer({ desired, server }: Pass, { owner, logins }: State): void {
  const made = desired.external_uid?.split('@')[1];
  const isElsewhere = made !== undefined && server !== null && made !== server;
  if (!isElsewhere || [owner, logins.a, logins.b].some((role) => role !== undefined)) return;
  throw new ProvisionerUnavailable(
    `the URL of the administrator leads to another server (${server}) than the one with the database (${made})`,
  );
}

/** Returns the comment of the owner. */
export function ownerMark({ installation, desired }: Pass, left: Left): string {
  return writeMark(installation, { ...markOf(desired), left });
}

/** Returns what every mark of the database says. */
export function markOf({ id, names }: Desired): Mark {
  return { database: id, namespace: names.namespace };
}

/** Returns the labels of the secrets of the database. */
export function labelsOf({ installation, desired }: Pass): Secret['labels'] {
  return { installation, database: desired.id };
}

/** Reads a secret of the database. Throws the refusal of one that is not ours. */
export async function readSecret(pass: Pass, name: string): Promise<Secret | null> {
  const secret = await pass.secrets.read(pass.desired.names.namespace, name);
  if (secret === null || isOurSecret(pass, secret)) return secret;
  throw new Refusal('conflict', `the secret ${name} carries no mark of this database: rename or remove it, then retry`);
}

/** Tells whether the secret carries the mark of the database. */
export function isOurSecret(pass: Pass, { labels }: Secret): boolean {
  return labels['installation'] === pass.installation && labels['database'] === pass.desired.id;
}

/** Returns the observation of a pass in which nothing was seen but `seen`. */
export function observe(phase: Phase, seen: Partial<Omit<Observed, 'phase' | 'reason'>> = {}): Observed {
  return {
    message: null,
    in_sync: true,
    conditions: [],
    external_uid: null,
    endpoint: null,
    secret_name: null,
    repaired: [],
    login: null,
    ...seen,
    ...phase,
  };
}
