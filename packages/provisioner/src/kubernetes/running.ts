/** A pass over a database that shall be there, running or asleep. */
import type { Observed, Slot } from '../types.ts';
import type { KubeObject } from './api.ts';
import type { Changes } from './changes.ts';
import { hashOf } from './drift.ts';
import { ensurePassword, keepLogin, mayCloseOther, withPassword } from './logins.ts';
import {
  backupManifest,
  clusterManifest,
  credentialsManifest,
  extensionsManifest,
  type Facts,
  HIBERNATION,
  isAwake,
  poolerManifest,
  roleOf,
} from './manifests.ts';
import { SETTLED_ANNOTATION } from './marks.ts';
import { observe } from './observe.ts';
import { type Pass, put, putResting, remove } from './pass.ts';
import { markPlace } from './place.ts';
import { fieldOf, isProved, otherSlot, type World } from './world.ts';

type Made = World & { readonly cluster: KubeObject };

/**
 * Brings the database nearer to what is wanted, the password first and the Cluster second: whatever a cut pass leaves is
 * known as ours and gone on with. Throws as `put` does.
 */
export async function keep(pass: Pass, there: World, changes: Changes): Promise<Observed> {
  const { desired } = pass;
  // Before the Cluster: one that is made is known by its place, too.
  const seen = desired.external_uid === null ? { ...there, place: await markPlace(pass, there) } : there;
  const { current } = desired.logins;
  const closing = isAwake(desired) && mayCloseOther(pass, seen);
  const open = { ...withPassword(seen), ...(isAwake(desired) && { [current]: true }) };
  const facts = factsOf(pass, seen, closing ? { ...open, [otherSlot(current)]: false } : open);
  pass.settled = facts.settled !== undefined;
  const secret = isAwake(desired) ? await ensurePassword(pass, seen, facts) : seen.logins[current];
  const wish = clusterManifest(desired, facts);
  const apply: typeof putResting = isAwake(desired) ? put : putResting;
  const { object: cluster, moved, refusal } = await apply(pass, seen.cluster, wish);
  if (moved) changes.note(desired.id, cluster, pass.settled || concernsPods(seen.cluster, cluster));
  const made = { ...seen, cluster, logins: { ...seen.logins, [current]: secret } };
  const world = await keepRest(pass, made, { ...facts, uid: cluster.metadata.uid });
  const observed = observe(desired, {
    world,
    once: seen.credentials !== undefined,
    changing: changes.isUnderWay(desired.id, cluster, pass.settled),
    repaired: pass.repaired,
  });
  if (refusal !== undefined && observed.phase === 'asleep')
    return { ...observed, message: refusal.message, in_sync: false };
  if (observed.in_sync && !pass.settled) await settle(pass, world, facts.open);
  return observed;
}

/** The status of each role tells what became of a changed login; all other changes show in the phase of the Cluster alone. */
function concernsPods(before: KubeObject | undefined, after: KubeObject): boolean {
  const parts = (cluster: KubeObject | undefined) => {
    const { managed: _, ...spec } = cluster?.spec ?? {};
    return hashOf([spec, cluster?.metadata.annotations?.[HIBERNATION]]);
  };
  return parts(before) !== parts(after);
}

/** What the objects depend on, and whether the world matched them entirely before. */
function factsOf(pass: Pass, { cluster }: World, open: Facts['open']): Facts {
  const { installation } = pass;
  const facts: Facts = { installation, open, uid: cluster?.metadata.uid, settled: undefined };
  const hash = wishHash(pass, facts);
  return cluster?.metadata.annotations?.[SETTLED_ANNOTATION] === hash ? { ...facts, settled: hash } : facts;
}

function wishHash({ desired }: Pass, facts: Facts): string {
  const parts = [clusterManifest, poolerManifest, backupManifest, extensionsManifest];
  return hashOf([parts.map((part) => part(desired, facts)), desired.logins.current]);
}

/** Says on the Cluster that the world matches the wish entirely. */
async function settle(pass: Pass, { cluster }: Made, open: Facts['open']): Promise<void> {
  const { desired, installation } = pass;
  const facts: Facts = { installation, open, uid: cluster.metadata.uid, settled: undefined };
  await put(pass, cluster, clusterManifest(desired, { ...facts, settled: wishHash(pass, facts) }));
}

async function keepRest(pass: Pass, made: Made, facts: Facts): Promise<Made> {
  const { desired } = pass;
  const logins = {
    a: await keepOrRemoveLogin(pass, facts, { slot: 'a', secret: made.logins.a }),
    b: await keepOrRemoveLogin(pass, facts, { slot: 'b', secret: made.logins.b }),
  };
  const { object: pooler } = await put(pass, made.pooler, poolerManifest(desired, facts));
  const backup = await keepOptional(pass, made.backup, backupManifest(desired, facts));
  const extensions = await keepOptional(pass, made.extensions, extensionsManifest(desired, facts));
  const world = { ...made, logins, pooler, backup, extensions };
  return { ...world, credentials: await keepCredentials(pass, world, facts) };
}

/** A login that is closed has no Secret; PostgreSQL was told before. */
async function keepOrRemoveLogin(
  pass: Pass,
  facts: Facts,
  login: { slot: Slot; secret: KubeObject | undefined },
): Promise<KubeObject | undefined> {
  const { slot, secret } = login;
  if (secret !== undefined && facts.open[slot]) return keepLogin(pass, facts, { slot, secret });
  await remove(pass, secret);
  return undefined;
}

async function keepOptional(pass: Pass, there: KubeObject | undefined, wish: KubeObject | undefined) {
  if (wish !== undefined) return (await put(pass, there, wish)).object;
  await remove(pass, there);
  return undefined;
}

/** Consumers are told of a login once PostgreSQL takes its password, and keep the one they have until then. */
async function keepCredentials(pass: Pass, world: Made, facts: Facts): Promise<KubeObject | undefined> {
  const { desired } = pass;
  const { current: slot } = desired.logins;
  const secret = world.logins[slot];
  const password = fieldOf(secret, 'password');
  if (password === undefined || !isAwake(desired) || !isProved(world.cluster, secret, roleOf(desired, slot)))
    return world.credentials;
  return (await put(pass, world.credentials, credentialsManifest(desired, facts, { slot, password }))).object;
}
