/** The operator's loop over `spec.managed.roles`: it compares them with PostgreSQL, says what is pending, and does it. */
import { isDeepStrictEqual } from 'node:util';
import {
  type Cluster,
  type ManagedRole,
  type Memory,
  type Password,
  type RolesStatus,
  secretField,
  type Volume,
  type World,
} from './actor-world.ts';
import { metadataOf, objectAt, stringAt } from './json.ts';

/** A Secret that has it is looked at as soon as it changes; others when the Cluster changes. */
const RELOAD = 'cnpg.io/reload';
const RESERVED = ['postgres', 'streaming_replica'];

interface Turn {
  readonly world: World;
  readonly cluster: Cluster;
  readonly memory: Memory;
  readonly volume: Volume;
}

type PasswordStatus = NonNullable<RolesStatus['passwordStatus']>;

/**
 * Says which roles are pending in one step, and changes them in the next; answers the status of the roles. As in the
 * operator, a Secret that is missing or another user's stops the whole loop, and the status stays as it was.
 */
export async function reconcileRoles(turn: Turn): Promise<RolesStatus | undefined> {
  const { cluster, memory, volume } = turn;
  const before = cluster.status?.managedRolesStatus;
  const managed = cluster.spec.managed?.roles ?? [];
  if (managed.length === 0) return before;
  const passwords = new Map<string, Password>();
  for (const wanted of managed.filter(hasPassword)) {
    const password = await passwordOf(turn, wanted);
    if (password === undefined) return before;
    passwords.set(wanted.name, password);
  }
  const passwordStatus = { ...before?.passwordStatus };
  const failures: Record<string, string[]> = {};
  for (const wanted of managed.filter(({ name }) => memory.pending.has(name))) {
    const failure = failureOf(wanted, volume);
    if (failure === undefined) change({ wanted, volume, passwordStatus, password: passwords.get(wanted.name) });
    else failures[wanted.name] = [failure];
  }
  const due = managed.filter((wanted) => differs(wanted, volume, { passwordStatus, passwords }));
  memory.pending = new Set(due.map(({ name }) => name));
  return {
    byStatus: byStatus(managed, memory.pending, volume),
    ...(Object.keys(failures).length === 0 ? {} : { cannotReconcile: failures }),
    ...(Object.keys(passwordStatus).length === 0 ? {} : { passwordStatus }),
  };
}

function byStatus(managed: readonly ManagedRole[], pending: ReadonlySet<string>, { roles }: Volume) {
  const names = managed.map(({ name }) => name);
  const lists = {
    'not-managed': [...roles.keys()].filter((name) => !names.includes(name)),
    'pending-reconciliation': names.filter((name) => pending.has(name)),
    reconciled: names.filter((name) => !pending.has(name)),
    reserved: RESERVED,
  };
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
}

const hasPassword = ({ passwordSecret, disablePassword }: ManagedRole): boolean =>
  passwordSecret !== undefined && !disablePassword;

/** Answers the password of a role's Secret as the operator knows it; undefined where it cannot be had. */
async function passwordOf({ world, cluster, memory }: Turn, wanted: ManagedRole): Promise<Password | undefined> {
  const { namespace, generation = 0 } = cluster.metadata;
  const secret = await world.objects.get('Secret', { namespace, name: wanted.passwordSecret?.name ?? '' });
  if (secret === undefined) return undefined;
  const known = memory.passwords.get(wanted.name);
  const watched = stringAt(objectAt(metadataOf(secret), 'labels'), RELOAD) !== '';
  if (known !== undefined && !watched && known.generation === generation) return known;
  const text = secretField(secret, 'password');
  if (text === undefined || secretField(secret, 'username') !== wanted.name) return undefined;
  const password = { version: stringAt(metadataOf(secret), 'resourceVersion'), text, generation };
  memory.passwords.set(wanted.name, password);
  return password;
}

interface Known {
  readonly passwordStatus: PasswordStatus;
  readonly passwords: ReadonlyMap<string, Password>;
}

function differs(wanted: ManagedRole, { roles }: Volume, { passwordStatus, passwords }: Known): boolean {
  const { name, login = false, inRoles = [], ensure, disablePassword } = wanted;
  const role = roles.get(name);
  if (ensure === 'absent') return role !== undefined;
  if (role === undefined || role.login !== login || !isDeepStrictEqual(role.inRoles, inRoles)) return true;
  const stored = passwordStatus[name]?.resourceVersion;
  if (disablePassword) return stored !== undefined || role.password !== null;
  return passwords.has(name) && stored !== passwords.get(name)?.version;
}

function failureOf({ name, ensure, inRoles = [] }: ManagedRole, { roles }: Volume): string | undefined {
  const missing = inRoles.find((one) => !roles.has(one));
  if (missing === undefined || ensure === 'absent') return undefined;
  return `could not perform UPDATE_MEMBERSHIPS on role ${name}: unknown role '${missing}'`;
}

/** Changes PostgreSQL. A role without a Secret keeps the password that it has. */
function change(made: {
  readonly wanted: ManagedRole;
  readonly volume: Volume;
  readonly password: Password | undefined;
  readonly passwordStatus: Record<string, NonNullable<PasswordStatus[string]>>;
}): void {
  const { wanted, volume, password, passwordStatus } = made;
  const { name, ensure, login = false, inRoles = [], disablePassword } = wanted;
  volume.transactions += 1;
  if (ensure === 'absent') {
    volume.roles.delete(name);
    delete passwordStatus[name];
    return;
  }
  const kept = volume.roles.get(name)?.password ?? null;
  volume.roles.set(name, { login, inRoles, password: disablePassword ? null : (password?.text ?? kept) });
  passwordStatus[name] = {
    ...(password === undefined ? {} : { resourceVersion: password.version }),
    transactionID: volume.transactions,
  };
}
