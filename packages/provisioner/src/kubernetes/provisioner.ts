/** Databases of CloudNativePG 1.29 or later: a Cluster, a pooler before it, and Secrets, in a namespace of Kubernetes. */
import { type Desired, type Observed, type Provisioner, ProvisionerUnavailable, type Survey } from '../types.ts';
import { type KubeClient, KubernetesFailure, MARKED, type Scope } from './api.ts';
import { type Changes, createChanges } from './changes.ts';
import { DATABASE_LABEL, INSTALLATION_LABEL, isMarked } from './marks.ts';
import { observeWithout } from './observe.ts';
import { ObjectLost, type Pass } from './pass.ts';
import { clusterUidOf, requireItsPlace } from './place.ts';
import { destroy, retain } from './removal.ts';
import { keep } from './running.ts';
import { watchMarked } from './watch.ts';
import { objectsOf, readWorld, type World } from './world.ts';

export interface CnpgOptions {
  /** The mark of this registry: a value of a label, at most 63 characters. */
  readonly installation: string;
  /** Makes the client; called once, with the first pass. */
  readonly client: () => KubeClient | Promise<KubeClient>;
  /** The namespaces of databases. Absent: all, which needs a ClusterRole. */
  readonly namespaces?: readonly string[];
  /** How long a change may take to be seen by the operator. Half a minute unless given. */
  readonly settleMs?: number;
  readonly now?: () => number;
}

const SETTLE_MS = 30_000;
const KEYS = ['user', 'password', 'host', 'port', 'dbname', 'uri'];

/** Returns the provisioner; it connects with its first pass. */
export function createCnpgProvisioner(options: CnpgOptions): Provisioner {
  const { installation, settleMs = SETTLE_MS, now = Date.now } = options;
  const changes = createChanges({ settleMs, now });
  const scopes = scopesOf(options);
  let made: Promise<KubeClient> | undefined;
  const connected = () => {
    made ??= Promise.resolve().then(options.client);
    return made;
  };
  return {
    kind: 'cnpg',
    secretOf: ({ namespace, credentials }) => ({ kind: 'kubernetes', namespace, name: credentials, keys: KEYS }),
    async reconcile(desired, signal) {
      const pass: Pass = { client: await connected(), installation, desired, signal, settled: false, repaired: [] };
      return judged(pass, () => onePass(pass, changes));
    },
    async list(signal) {
      const client = await connected();
      return survey(client, scopes, signal);
    },
    watch: async (told, signal) => watchMarked({ client: await connected(), scopes }, told, signal),
    async close() {
      (await made)?.close();
    },
  };
}

function scopesOf({ installation, namespaces }: CnpgOptions): Scope[] {
  const labelSelector = `${INSTALLATION_LABEL}=${installation}`;
  return namespaces === undefined ? [{ labelSelector }] : namespaces.map((namespace) => ({ namespace, labelSelector }));
}

async function onePass(pass: Pass, changes: Changes): Promise<Observed> {
  const { desired, client, signal } = pass;
  const world = await readWorld(client, desired, signal);
  if (world.cluster === undefined) requireItsPlace(pass, world);
  if (desired.want !== 'running') changes.forget(desired.id);
  if (desired.want === 'destroyed') return destroy(pass, world);
  const hindrance = hindranceOf(pass, world);
  if (hindrance !== undefined) return hindrance;
  if (desired.want === 'retained') return retain(pass, world);
  // Nothing was made that could sleep.
  if (desired.want === 'asleep' && world.cluster === undefined)
    return observeWithout(desired, { phase: 'asleep', message: null, in_sync: true });
  return keep(pass, world, changes);
}

/** Returns why nothing is touched; undefined when nothing stands against it. */
function hindranceOf({ desired, installation }: Pass, world: World): Observed | undefined {
  const { id, external_uid } = desired;
  const foreign = objectsOf(world).find((object) => !isMarked(object, { id, installation }));
  if (foreign !== undefined) {
    const message = `${foreign.kind} ${foreign.metadata.name} is there, and it is not of this database`;
    return observeWithout(desired, { phase: 'failed', reason: 'conflict', message, in_sync: false });
  }
  const { uid, deletionTimestamp } = world.cluster?.metadata ?? {};
  if (external_uid !== null && uid !== clusterUidOf(external_uid)) return lost(desired);
  if (deletionTimestamp === undefined) return undefined;
  if (external_uid !== null) return lost(desired);
  const message = 'an earlier Cluster of this name is still being deleted';
  return observeWithout(desired, { phase: 'working', reason: 'waiting_for_finalizer', message, in_sync: false });
}

function lost(desired: Desired): Observed {
  const message = `Cluster ${desired.names.cluster} was deleted, or another one is in its place`;
  return observeWithout(desired, { phase: 'lost', message, in_sync: false });
}

/** Turns refusals into what a pass has found: the world answered, and only a person can go on. */
async function judged({ desired }: Pass, run: () => Promise<Observed>): Promise<Observed> {
  try {
    return await run();
  } catch (failure) {
    if (failure instanceof KubernetesFailure && failure.kind === 'refused')
      return observeWithout(desired, { phase: 'failed', reason: 'refused', message: failure.message, in_sync: false });
    if (failure instanceof ObjectLost && failure.of === 'Cluster' && desired.external_uid !== null)
      return lost(desired);
    if (failure instanceof KubernetesFailure || failure instanceof ObjectLost)
      throw new ProvisionerUnavailable(failure.message, { cause: failure });
    throw failure;
  }
}

async function survey(client: KubeClient, scopes: readonly Scope[], signal: AbortSignal): Promise<Survey[]> {
  const found: Survey[] = [];
  try {
    for (const scope of scopes)
      for (const resource of MARKED)
        for (const { kind, metadata } of (await client.list(resource, scope, signal)).items) {
          const { namespace, name, labels } = metadata;
          found.push({ id: labels?.[DATABASE_LABEL] ?? '', namespace, kind, name });
        }
  } catch (failure) {
    if (failure instanceof KubernetesFailure) throw new ProvisionerUnavailable(failure.message, { cause: failure });
    throw failure;
  }
  return found;
}
