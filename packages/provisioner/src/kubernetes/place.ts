/**
 * The identity of a namespace of a cluster of Kubernetes: the uid of a Secret without data that the first database there
 * makes. A kubeconfig that leads to another cluster does not make databases look lost, or gone.
 */
import { ProvisionerUnavailable } from '../types.ts';
import { type KubeObject, KubernetesFailure, SECRET } from './api.ts';
import { PLACE_NAME } from './manifests.ts';
import type { Pass } from './pass.ts';
import type { World } from './world.ts';

const BETWEEN = '@';

/** Returns what a database is known by: the uid of its Cluster, and the place. */
export function identityOf(clusterUid: string, placeUid: string): string {
  return `${clusterUid}${BETWEEN}${placeUid}`;
}

/** Returns the uid of the Cluster that a database is known by. */
export function clusterUidOf(externalUid: string): string {
  return externalUid.split(BETWEEN)[0] as string; // a text has a first part
}

/** Throws `ProvisionerUnavailable` where the API does not lead to the place in which the database was made. */
export function requireItsPlace({ desired }: Pass, { place }: World): void {
  const known = desired.external_uid?.split(BETWEEN)[1];
  if (known === undefined || known === place?.metadata.uid) return;
  throw new ProvisionerUnavailable(
    `the API leads to another cluster than the one in which the database was made, or the Secret ${PLACE_NAME} was removed from namespace ${desired.names.namespace}`,
  );
}

/** Resolves to the mark of the place, which the first database in it makes. */
export async function markPlace({ client, desired, signal }: Pass, { place }: World): Promise<KubeObject> {
  const at = { namespace: desired.names.namespace, name: PLACE_NAME };
  const { apiVersion, kind } = SECRET;
  const make = () =>
    client.create({ apiVersion, kind, metadata: at, type: 'Opaque' }, signal).catch((failure: unknown) => {
      // Another pass was faster.
      if (failure instanceof KubernetesFailure && failure.kind === 'conflict') return client.get(SECRET, at, signal);
      throw failure;
    });
  const made = place ?? (await make());
  if (made === undefined) throw new ProvisionerUnavailable(`the Secret ${PLACE_NAME} was removed while it was made`);
  return made;
}
