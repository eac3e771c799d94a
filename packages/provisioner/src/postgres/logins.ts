/** The two logins of a database, and the secrets that name them. The secret store is the truth: it is written first. */
import { managedInside, managedRoles, scramVerifier } from '@tenant-registry/db';
import type { Slot } from '../types.ts';
import { newPassword, secretData } from './credential.ts';
import { isCrowded, isTurnedAway, Refusal } from './errors.ts';
import { settingsOf } from './mark.ts';
import { labelsOf, type Pass, readSecret, type State } from './state.ts';

type Data = ReturnType<typeof secretData>;

export interface Proof {
  readonly data: Data;
  /** The password was right, and there was no place left. */
  readonly crowded: boolean;
}

/** Gives the current login a password if it has none, and connects with it: returns what really works. */
export async function ensureLogin(pass: Pass, state: State): Promise<Proof> {
  const slot = pass.desired.logins.current;
  const wasCurrent = state.left.login === slot;
  const stored = await readSecret(pass, pass.desired.names.logins[slot]);
  const kept = stored?.data['password'];
  const data = dataOf(pass, slot, kept ?? newPassword());
  if (!sameData(stored?.data, data)) {
    if (wasCurrent) pass.repaired(`secret of login ${slot}`);
    await writeSecret(pass, pass.desired.names.logins[slot], data);
  }
  const isOpen = kept !== undefined && state.logins[slot]?.can_login === true;
  if (!isOpen) {
    if (wasCurrent && kept !== undefined && state.left.want === 'running') pass.repaired(`login ${slot}`);
    await open(pass, data);
  }
  return proveOrMend(pass, state, { data, mendable: isOpen });
}

/** A password that was changed behind our back is put back once, and proved again. */
async function proveOrMend(
  pass: Pass,
  state: State,
  { data, mendable }: { data: Data; mendable: boolean },
): Promise<Proof> {
  try {
    return { data, crowded: await prove(pass, state, data) };
  } catch (error) {
    if (!mendable || !isTurnedAway(error)) throw error;
    pass.repaired(`password of login ${pass.desired.logins.current}`);
    await open(pass, data);
    return { data, crowded: await prove(pass, state, data) };
  }
}

/** Connects as a client, makes the extensions that are missing, and returns whether there was no place for that. */
async function prove(pass: Pass, { left }: State, data: Data): Promise<boolean> {
  const { spec } = pass.desired;
  try {
    await pass.logIn(data, async (db) => {
      const { role, extensions } = await managedInside.findExtensions(db);
      if (role !== pass.names.database)
        throw new Refusal('refused', `the login ${data.user} acts as ${role}, and not as the owner of the database`);
      for (const name of spec.extensions.filter((each) => !extensions.includes(each))) {
        if (left.applied === settingsOf(spec)) pass.repaired(`extension ${name}`);
        await managedInside.createExtension(db, name);
      }
    });
    return false;
  } catch (error) {
    if (isCrowded(error)) return true;
    throw error;
  }
}

async function open(pass: Pass, { user, password }: Data): Promise<void> {
  const verifier = await scramVerifier(password);
  await pass.db.transaction().execute((tx) => managedRoles.openLogin(tx, { name: user, verifier }));
}

/** Lets the secret that consumers read name the login that was proved. */
export async function ensureCredentials(pass: Pass, { left }: State, data: Data): Promise<void> {
  const { credentials } = pass.desired.names;
  const stored = await readSecret(pass, credentials);
  if (!sameData(stored?.data, data) && left.login === pass.desired.logins.current) pass.repaired('secret of consumers');
  // Also when it is right: the version before is forgotten then.
  await writeSecret(pass, credentials, data);
}

/** Closes the other login, if that is wanted: its sessions end and its password is forgotten. Returns what it is now. */
export async function ensureOther(pass: Pass, { logins, left }: State): Promise<'open' | 'closed'> {
  const slot = otherSlot(pass.desired.logins.current);
  const role = logins[slot];
  if (pass.desired.logins.other === 'open') return role?.can_login === true ? 'open' : wakeOther(pass, left, slot);
  const name = pass.names.logins[slot];
  const wasClosed = left.other === 'closed' && left.login === pass.desired.logins.current;
  const isAwake = left.want === 'running';
  if (role !== undefined && (role.can_login || !isAwake)) {
    if (wasClosed && isAwake) pass.repaired(`login ${slot}`);
    await pass.db.transaction().execute((tx) => managedRoles.closeLogins(tx, [name]));
  }
  const stillThere =
    role?.can_login === true || (role?.sessions ?? 0) > 0
      ? await managedRoles.endSessions(pass.db, { logins: [name], database: null })
      : 0;
  const secret = pass.desired.names.logins[slot];
  if ((await readSecret(pass, secret)) !== null) await pass.secrets.remove(pass.desired.names.namespace, secret);
  return stillThere === 0 ? 'closed' : 'open';
}

/** A login that was open when the database fell asleep is open again. */
async function wakeOther(pass: Pass, left: State['left'], slot: Slot): Promise<'open' | 'closed'> {
  if (left.want !== 'asleep') return 'closed';
  const password = (await readSecret(pass, pass.desired.names.logins[slot]))?.data['password'];
  if (password === undefined) return 'closed';
  await open(pass, dataOf(pass, slot, password));
  return 'open';
}

function otherSlot(slot: Slot): Slot {
  return slot === 'a' ? 'b' : 'a';
}

function dataOf({ names, endpoint }: Pass, slot: Slot, password: string): Data {
  return secretData({ user: names.logins[slot], password }, endpoint, names.database);
}

function sameData(stored: Readonly<Record<string, string>> | undefined, data: Data): boolean {
  return stored !== undefined && Object.entries(data).every(([key, value]) => stored[key] === value);
}

function writeSecret(pass: Pass, name: string, data: Data): Promise<void> {
  return pass.secrets.write(pass.desired.names.namespace, name, { data, labels: labelsOf(pass) });
}
