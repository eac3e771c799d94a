/** A pass that wants the database to run. */
import { managedDatabases, managedRoles } from '@tenant-registry/db';
import type { Observed } from '../types.ts';
import { ensureCredentials, ensureLogin, ensureOther } from './logins.ts';
import { type Left, settingsOf, writeMark } from './mark.ts';
import { ensureSettings } from './settings.ts';
import {
  identityOf,
  look,
  markOf,
  observe,
  ownerMark,
  type Pass,
  requireOurs,
  requireWhole,
  type State,
} from './state.ts';

const SLOTS = ['a', 'b'] as const;

/** Makes what is missing, puts back what changed, and proves the login. The database that was made must not be lost. */
export async function run(pass: Pass, seen: State): Promise<Observed> {
  requireOurs(seen);
  requireWhole(seen);
  const { spec, logins, names } = pass.desired;
  const { state, oid } = await ensureDatabase(pass, await ensureRoles(pass, seen));
  const parameters = await ensureSettings(pass, state);
  const proof = await ensureLogin(pass, state);
  await ensureCredentials(pass, state, proof.data);
  const other = await ensureOther(pass, state);
  const complete = !proof.crowded || state.left.applied === settingsOf(spec);
  const applied = complete ? settingsOf(spec) : state.left.applied;
  await leave(pass, state, { want: 'running', login: logins.current, other, applied, parameters });
  const in_sync = complete && !(logins.other === 'closed' && other === 'open');
  const reason = proof.crowded ? 'degraded' : 'healthy';
  return observe(
    { phase: 'ready', reason },
    {
      message: proof.crowded ? `all ${spec.connections} connections are in use` : null,
      in_sync,
      external_uid: identityOf(pass, oid),
      endpoint: pass.endpoint,
      secret_name: names.credentials,
      login: { current: logins.current, other },
    },
  );
}

/** The owner comes first, with the mark: a database that was half made is known as ours. */
async function ensureRoles(pass: Pass, state: State): Promise<State> {
  const { db, names, desired, installation } = pass;
  const isWhole = (slot: 'a' | 'b') => state.logins[slot]?.administered === true && state.logins[slot].acts_as_owner;
  const broken = SLOTS.filter((slot) => !isWhole(slot));
  if (state.owner?.administered === true && broken.length === 0) return state;
  for (const slot of broken) pass.repaired(`login ${slot}`);
  await db.transaction().execute(async (tx) => {
    const owner = names.database;
    if (state.owner === undefined)
      await managedRoles.createRole(tx, { name: owner, comment: ownerMark(pass, state.left) });
    if (state.owner?.administered !== true) await managedRoles.administerRole(tx, owner);
    for (const slot of broken) {
      const name = names.logins[slot];
      if (state.logins[slot] === undefined)
        await managedRoles.createRole(tx, { name, comment: writeMark(installation, markOf(desired)) });
      await managedRoles.administerRole(tx, name);
      await managedRoles.actAsOwner(tx, { login: name, owner });
    }
  });
  return look(pass);
}

async function ensureDatabase(pass: Pass, state: State): Promise<{ state: State; oid: number }> {
  if (state.database !== undefined) return { state, oid: state.database.oid };
  const name = pass.names.database;
  await managedDatabases.createDatabase(pass.db, { name, owner: name });
  const made = await look(pass);
  requireOurs(made);
  if (made.database === undefined) throw new Error(`the database ${name} was made and is not there`);
  return { state: made, oid: made.database.oid };
}

/** Writes down what this pass leaves behind, if it is news. */
async function leave(pass: Pass, { owner }: State, left: Left): Promise<void> {
  const comment = ownerMark(pass, left);
  if (owner?.comment === comment) return;
  await pass.db.transaction().execute((tx) => managedRoles.commentRole(tx, { name: pass.names.database, comment }));
}
