/** The passwords of the two logins. The Secret of a login is the truth; PostgreSQL and consumers follow it. */
import { randomBytes } from 'node:crypto';
import { ProvisionerUnavailable, type Slot } from '../types.ts';
import { type KubeObject, KubernetesFailure, SECRET } from './api.ts';
import { type Facts, loginManifest, roleOf } from './manifests.ts';
import { isMarked } from './marks.ts';
import { type Pass, put } from './pass.ts';
import { fieldOf, isProved, namedSlot, type World } from './world.ts';

const PASSWORD_BYTES = 32;

/** Returns the logins of which there is a password. */
export function withPassword({ logins }: Pick<World, 'logins'>): Record<Slot, boolean> {
  return { a: fieldOf(logins.a, 'password') !== undefined, b: fieldOf(logins.b, 'password') !== undefined };
}

/**
 * Returns the Secret of the current login, with a new password where there was none. Of two passes at once, one makes it and
 * the other one takes it.
 */
export async function ensurePassword(pass: Pass, world: World, facts: Facts): Promise<KubeObject> {
  const { desired, client, signal } = pass;
  const slot = desired.logins.current;
  const there = world.logins[slot];
  if (there !== undefined && fieldOf(there, 'password') !== undefined) return there;
  const wish = loginManifest(desired, facts, { slot, password: randomBytes(PASSWORD_BYTES).toString('base64url') });
  if (there !== undefined) return (await put(pass, there, wish)).object;
  try {
    const made = await client.create(wish, signal);
    if (pass.settled) pass.repaired.push(`secret ${wish.metadata.name}`);
    return made;
  } catch (failure) {
    if (!(failure instanceof KubernetesFailure && failure.kind === 'conflict')) throw failure;
    const other = await client.get(SECRET, wish.metadata, signal);
    if (other !== undefined && isMarked(other, { id: desired.id, installation: pass.installation })) return other;
    throw new ProvisionerUnavailable(`secret ${wish.metadata.name} was made meanwhile`, { cause: failure });
  }
}

/** Returns whether the other login can go: consumers read the current one, and PostgreSQL takes its password. */
export function mayCloseOther({ desired }: Pass, world: World): boolean {
  const { current, other } = desired.logins;
  if (other !== 'closed' || world.cluster === undefined || namedSlot(desired, world) !== current) return false;
  return isProved(world.cluster, world.logins[current], roleOf(desired, current));
}

/** Applies the Secret of a login as it is, with whatever someone changed beside the password put back. */
export async function keepLogin(pass: Pass, facts: Facts, { slot, secret }: { slot: Slot; secret: KubeObject }) {
  const password = fieldOf(secret, 'password') ?? '';
  return (await put(pass, secret, loginManifest(pass.desired, facts, { slot, password }))).object;
}
