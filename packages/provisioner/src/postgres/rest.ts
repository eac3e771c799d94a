/** Passes that let nobody in: the database sleeps, or is kept for good. */
import { managedDatabases, managedRoles } from '@tenant-registry/db';
import type { Observed } from '../types.ts';
import {
  identityOf,
  isOurSecret,
  look,
  observe,
  ownerMark,
  type Pass,
  requireOurs,
  requireWhole,
  type State,
} from './state.ts';

/** Closes the doors of the database and keeps what is in it. One that was never made is not made for that. */
export async function rest(pass: Pass, state: State, want: 'asleep' | 'retained'): Promise<Observed> {
  requireOurs(state);
  requireWhole(state);
  if (want === 'retained') await forgetSecrets(pass);
  if (state.database === undefined) return observe({ phase: want });
  await closeDoors(pass, state, want);
  const logins = Object.values(pass.names.logins);
  const database = pass.names.database;
  const stillThere = await managedRoles.endSessions(pass.db, { logins, database });
  const seen = {
    external_uid: identityOf(pass, state.database.oid),
    endpoint: pass.endpoint,
    secret_name: want === 'asleep' && state.left.login !== null ? pass.desired.names.credentials : null,
  };
  if (stillThere === 0) return observe({ phase: want }, seen);
  const message = `${stillThere} sessions have not ended yet`;
  return observe({ phase: 'working', reason: 'applying' }, { ...seen, message, in_sync: false });
}

async function closeDoors(pass: Pass, { database, logins, left }: State, want: 'asleep' | 'retained'): Promise<void> {
  const there = Object.values(logins).filter((role) => role !== undefined);
  const open = there.filter((role) => role.can_login).map((role) => role.name);
  const isOpen = database?.allow_connections === true;
  if (!isOpen && open.length === 0 && left.want === want) return;
  if (left.want === want) pass.repaired(isOpen ? 'allow_connections' : 'logins');
  await pass.db.transaction().execute(async (tx) => {
    const name = pass.names.database;
    await managedDatabases.allowConnections(tx, { name, allow: false });
    // A login that gets into another database of the server acts as the owner there, who could open this one.
    if (want === 'asleep') await managedRoles.suspendLogins(tx, open);
    else
      await managedRoles.closeLogins(
        tx,
        there.map((role) => role.name),
      );
    await managedRoles.commentRole(tx, { name, comment: ownerMark(pass, { ...left, want }) });
  });
}

/** Removes everything that carries the mark of the database, the owner last, and then its secrets. */
export async function destroy(pass: Pass, { owner, logins, database }: State): Promise<Observed> {
  const { db, names } = pass;
  const name = names.database;
  if (database !== undefined) {
    if (!managedDatabases.isHalfDropped(database))
      await db.transaction().execute((tx) => managedDatabases.allowConnections(tx, { name, allow: false }));
    await managedRoles.endSessions(db, { logins: Object.values(names.logins), database: name });
    await managedDatabases.dropDatabase(db, name);
  }
  const roles = [logins.a, logins.b, owner].flatMap((role) => role?.name ?? []);
  if (roles.length > 0) {
    // A session of a login in another database would keep what it owns there.
    await managedRoles.endSessions(db, { logins: roles, database: null });
    await db.transaction().execute((tx) => managedRoles.dropRoles(tx, roles));
  }
  await forgetSecrets(pass);
  const { owner: left } = await look(pass);
  return left === undefined ? observe({ phase: 'gone' }) : observe({ phase: 'working', reason: 'removing' });
}

async function forgetSecrets(pass: Pass): Promise<void> {
  const { namespace, logins, credentials } = pass.desired.names;
  for (const name of [logins.a, logins.b, credentials]) {
    const secret = await pass.secrets.read(namespace, name);
    if (secret !== null && isOurSecret(pass, secret)) await pass.secrets.remove(namespace, name);
  }
}
