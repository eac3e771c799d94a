/** A pass over a database that shall not be there, or whose data alone shall be kept. */
import type { Observed } from '../types.ts';
import { type KubeObject, PVC } from './api.ts';
import { clusterManifest, type Facts } from './manifests.ts';
import { isMarked } from './marks.ts';
import { observe, observeWithout } from './observe.ts';
import { type Pass, putResting, remove } from './pass.ts';
import { conditionsOf, objectsOf, type World } from './world.ts';

/** Kubernetes sets it on what it deletes after its dependants, so it says nothing about who is waited for. */
const FOREGROUND = 'foregroundDeletion';

/** Keeps the volumes alone: no pods, no pooler, no login, no password. Throws as `put` does. */
export async function retain(pass: Pass, world: World): Promise<Observed> {
  const { desired, installation } = pass;
  if (world.cluster === undefined) {
    await remove(pass, world.pooler);
    await removeSecrets(pass, world);
    return observeWithout(desired, { phase: 'retained', message: null, in_sync: true });
  }
  const closed: Facts = {
    installation,
    open: { a: false, b: false },
    uid: world.cluster.metadata.uid,
    settled: undefined,
  };
  const { object: cluster } = await putResting(pass, world.cluster, clusterManifest(desired, closed));
  await remove(pass, world.pooler);
  await remove(pass, world.backup);
  await removeSecrets(pass, world);
  const left = { cluster, pooler: undefined, backup: undefined, extensions: world.extensions, credentials: undefined };
  const seen = {
    world: { ...left, logins: { a: undefined, b: undefined }, place: world.place },
    once: true,
    changing: false,
    repaired: [],
  };
  return observe(desired, seen);
}

/**
 * Takes everything with the mark of the database away: the pooler, which outlives a Cluster, and the backups; then the
 * Cluster with its volumes; and the Secrets last. Objects of the same names without the mark stay.
 */
export async function destroy(pass: Pass, world: World): Promise<Observed> {
  const { desired, installation } = pass;
  const mark = { id: desired.id, installation };
  const ours = (object: KubeObject | undefined) =>
    object !== undefined && isMarked(object, mark) ? object : undefined;
  const first = [world.pooler, world.backup, world.extensions, world.cluster]
    .map(ours)
    .filter((each) => each !== undefined);
  for (const object of first) await remove(pass, object);
  // Volumes have no mark, but the name of their Cluster: those of a Cluster that is not ours are not ours.
  const isForeign = world.cluster !== undefined && ours(world.cluster) === undefined;
  const waitedFor = isForeign ? first : [...first, ...(await volumes(pass))];
  if (waitedFor.length > 0) return removing(pass, world, waitedFor);
  const logins = { a: ours(world.logins.a), b: ours(world.logins.b) };
  const secrets = { ...world, logins, credentials: ours(world.credentials) };
  await removeSecrets(pass, secrets);
  const left = objectsOf(secrets).filter((object) => object.kind === 'Secret');
  if (left.length > 0) return removing(pass, world, left);
  return observeWithout(desired, { phase: 'gone', message: null, in_sync: true });
}

async function removeSecrets(
  pass: Pass,
  { credentials, logins }: Pick<World, 'credentials' | 'logins'>,
): Promise<void> {
  for (const secret of [credentials, logins.a, logins.b]) await remove(pass, secret);
}

async function volumes({ client, desired: { names }, signal }: Pass): Promise<readonly KubeObject[]> {
  const scope = { namespace: names.namespace, labelSelector: `cnpg.io/cluster=${names.cluster}` };
  return (await client.list(PVC, scope, signal)).items;
}

function removing({ desired }: Pass, { cluster }: World, left: readonly KubeObject[]): Observed {
  const held = left.filter(isHeld);
  const words = (held.length > 0 ? held : left).map(({ kind, metadata: { name, finalizers = [] } }) => {
    const others = finalizers.filter((finalizer) => finalizer !== FOREGROUND);
    return others.length > 0 ? `${kind} ${name} (finalizers: ${others.join(', ')})` : `${kind} ${name}`;
  });
  return {
    ...observeWithout(desired, {
      phase: 'working',
      reason: held.length > 0 ? 'waiting_for_finalizer' : 'removing',
      message: `waiting until these are gone: ${words.join('; ').slice(0, 1_000)}`,
      in_sync: false,
    }),
    conditions: conditionsOf(cluster),
  };
}

const isHeld = ({ metadata: { deletionTimestamp, finalizers = [] } }: KubeObject): boolean =>
  deletionTimestamp !== undefined && finalizers.some((finalizer) => finalizer !== FOREGROUND);
