/** The volumes of a Cluster: their claims, and what PostgreSQL keeps on that of the primary. */
import { CLUSTER_LABEL, type Cluster, type Memory, secretField, type Volume, type World } from './actor-world.ts';
import { finalizersOf, isDeleting, withoutFinalizer } from './garbage.ts';
import { metadataOf, objectAt, stringAt } from './json.ts';
import type { JsonObject } from './types.ts';

const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection';

/** Answers the claims of a Cluster that are not being deleted, the primary's first. */
export async function claimsOf({ objects }: World, { metadata }: Cluster): Promise<JsonObject[]> {
  const all = await objects.list('PersistentVolumeClaim');
  return all.filter((claim) => {
    const { ownerReferences } = metadataOf(claim);
    const owners = Array.isArray(ownerReferences) ? ownerReferences : [];
    const ours = owners.some((owner) => (owner as JsonObject)['uid'] === metadata.uid);
    return ours && !isDeleting(claim);
  });
}

/** Makes the claim of a Cluster's next instance; answers its name. */
export async function makeClaim(made: { world: World; cluster: Cluster; memory: Memory }): Promise<string> {
  const { world, cluster, memory } = made;
  const { metadata, spec } = cluster;
  memory.made += 1;
  const name = `${metadata.name}-${memory.made}`;
  await world.objects.create({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace: metadata.namespace,
      labels: { [CLUSTER_LABEL]: metadata.name, 'cnpg.io/instanceName': name, 'cnpg.io/pvcRole': 'PG_DATA' },
      // The volume is in use until the pod is gone; Kubernetes itself takes the finalizer away then.
      finalizers: [CLAIM_PROTECTION],
      ownerReferences: [
        {
          apiVersion: 'postgresql.cnpg.io/v1',
          kind: 'Cluster',
          name: metadata.name,
          uid: metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: spec.storage?.size ?? '' } } },
  });
  return name;
}

/** Runs initdb where the volume is new. */
export async function ensureVolume(world: World, cluster: Cluster, claims: readonly JsonObject[]): Promise<void> {
  const uid = primaryUid(claims);
  if (world.volumes.has(uid)) return;
  const { owner = 'app', secret, postInitApplicationSQL = [] } = cluster.spec.bootstrap?.initdb ?? {};
  const { namespace } = cluster.metadata;
  const given = secret && (await world.objects.get('Secret', { namespace, name: secret.name }));
  const volume: Volume = { data: '', roles: new Map(), transactions: 730 };
  volume.roles.set(owner, { login: true, password: secretField(given, 'password') ?? `made of ${uid}`, inRoles: [] });
  for (const statement of postInitApplicationSQL) createRole(volume, statement);
  world.volumes.set(uid, volume);
}

const CREATE_ROLE = /^create role "?([^"\s]+)"?(.*)$/i;

/** Of the SQL, only `create role` says something that can be asked for here. */
function createRole({ roles }: Volume, statement: string): void {
  const [, name, options = ''] = CREATE_ROLE.exec(statement.trim()) ?? [];
  if (name === undefined) return;
  const parent = /in role "?([^"\s]+)"?/i.exec(options)?.[1];
  roles.set(name, { login: /\blogin\b/i.test(options), password: null, inRoles: parent === undefined ? [] : [parent] });
}

/** Answers what PostgreSQL keeps; undefined before initdb and once the volume is gone. */
export const volumeOf = ({ volumes }: World, claims: readonly JsonObject[]): Volume | undefined =>
  volumes.get(primaryUid(claims));

const primaryUid = ([primary]: readonly JsonObject[]): string => stringAt(metadataOf(primary ?? {}), 'uid');

/** Answers the size that a claim asks for. */
export const sizeOf = (claim: JsonObject): string =>
  stringAt(objectAt(objectAt(objectAt(claim, 'spec'), 'resources'), 'requests'), 'storage');

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Answers a quantity in bytes; NaN where it is none. */
export function bytesOf(quantity: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([kMGT]i?|Ki)?$/.exec(quantity) ?? [];
  return Number(number) * (UNITS[unit] ?? Number.NaN);
}

/** Takes the finalizer of claims away whose pods are gone, unless the test holds it. */
export async function releaseClaims(world: World, held: (claim: JsonObject) => boolean): Promise<boolean> {
  const all = await world.objects.list('PersistentVolumeClaim');
  const done = all.filter(
    (claim) => isDeleting(claim) && finalizersOf(claim).includes(CLAIM_PROTECTION) && !held(claim),
  );
  for (const claim of done) await world.objects.replace(withoutFinalizer(claim, CLAIM_PROTECTION));
  return done.length > 0;
}
