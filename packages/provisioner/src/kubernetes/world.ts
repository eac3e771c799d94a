/** What is there of one database, and what its operator says of it. */
import type { Condition, Desired, Slot } from '../types.ts';
import { CLUSTER, DATABASE, type KubeClient, type KubeObject, POOLER, SCHEDULED_BACKUP, SECRET } from './api.ts';
import { PLACE_NAME, roleOf } from './manifests.ts';

export interface World {
  readonly cluster: KubeObject | undefined;
  readonly pooler: KubeObject | undefined;
  readonly backup: KubeObject | undefined;
  readonly extensions: KubeObject | undefined;
  readonly credentials: KubeObject | undefined;
  readonly logins: Readonly<Record<Slot, KubeObject | undefined>>;
  /** What the namespace is known by; it belongs to no database. */
  readonly place: KubeObject | undefined;
}

const SLOTS: readonly Slot[] = ['a', 'b'];
export const otherSlot = (slot: Slot): Slot => (slot === 'a' ? 'b' : 'a');

/** Reads all objects of the database by their names, whoever they belong to. Throws as `KubeClient.get` does. */
export async function readWorld(client: KubeClient, { names }: Desired, signal: AbortSignal): Promise<World> {
  const { namespace } = names;
  const reads = [
    client.get(CLUSTER, { namespace, name: names.cluster }, signal),
    client.get(POOLER, { namespace, name: names.pooler }, signal),
    client.get(SCHEDULED_BACKUP, { namespace, name: names.cluster }, signal),
    client.get(DATABASE, { namespace, name: names.cluster }, signal),
    client.get(SECRET, { namespace, name: names.credentials }, signal),
    client.get(SECRET, { namespace, name: names.logins.a }, signal),
    client.get(SECRET, { namespace, name: names.logins.b }, signal),
    client.get(SECRET, { namespace, name: PLACE_NAME }, signal),
  ] as const;
  // A pass that fails leaves no call behind it.
  await Promise.allSettled(reads);
  const [cluster, pooler, backup, extensions, credentials, a, b, place] = await Promise.all(reads);
  return { cluster, pooler, backup, extensions, credentials, logins: { a, b }, place };
}

/** Returns the objects that are there. */
export function objectsOf({ cluster, pooler, backup, extensions, credentials, logins }: World): KubeObject[] {
  const all = [cluster, pooler, backup, extensions, credentials, logins.a, logins.b];
  return all.filter((object) => object !== undefined);
}

/** The part of a Cluster's status that is read. */
export interface ClusterStatus {
  readonly phase?: string;
  readonly phaseReason?: string;
  readonly readyInstances?: number;
  readonly conditions?: readonly { type: string; status: string; reason?: string; message?: string }[];
  readonly managedRolesStatus?: {
    readonly byStatus?: Readonly<Record<string, readonly string[]>>;
    readonly cannotReconcile?: Readonly<Record<string, readonly string[]>>;
    readonly passwordStatus?: Readonly<Record<string, { readonly resourceVersion?: string }>>;
  };
}

/** Returns what the operator says of the Cluster. */
export function clusterStatus(cluster: KubeObject): ClusterStatus {
  // CloudNativePG's definition of the type holds its status to this shape.
  return (cluster.status ?? {}) as ClusterStatus;
}

/** Returns whether the operator says that the Cluster is as it was told to be, and nothing goes on. */
export function isHealthy(cluster: KubeObject): boolean {
  return conditionOf(cluster, 'Ready') === 'True';
}

/** Returns whether the Cluster has no pods, by its own word. */
export function isHibernated(cluster: KubeObject): boolean {
  return conditionOf(cluster, 'cnpg.io/hibernation') === 'True';
}

function conditionOf(cluster: KubeObject, type: string): string | undefined {
  return clusterStatus(cluster).conditions?.find((condition) => condition.type === type)?.status;
}

/** Returns the conditions of the Cluster for people. */
export function conditionsOf(cluster: KubeObject | undefined): Condition[] {
  if (cluster === undefined) return [];
  return (clusterStatus(cluster).conditions ?? []).slice(0, 16).map(({ type, status, reason, message }) => ({
    type,
    status: status === 'True' || status === 'False' ? status : 'Unknown',
    reason: reason ?? null,
    message: message?.slice(0, 500) ?? null,
  }));
}

/** Returns a field of a Secret as text; undefined where it is missing or empty. */
export function fieldOf(secret: KubeObject | undefined, key: string): string | undefined {
  const text = Buffer.from(secret?.data?.[key] ?? '', 'base64').toString();
  return text === '' ? undefined : text;
}

/** Returns whether PostgreSQL has the password that the Secret holds, by the operator's word. */
export function isProved(cluster: KubeObject, secret: KubeObject | undefined, role: string): boolean {
  const version = secret?.metadata.resourceVersion;
  return version !== undefined && isReconciled(cluster, role) && passwordVersion(cluster, role) === version;
}

/** Returns whether the role has no password any more, by the operator's word. */
export function isClosed(cluster: KubeObject, secret: KubeObject | undefined, role: string): boolean {
  return secret === undefined && isReconciled(cluster, role) && passwordVersion(cluster, role) === undefined;
}

const isReconciled = (cluster: KubeObject, role: string): boolean =>
  clusterStatus(cluster).managedRolesStatus?.byStatus?.['reconciled']?.includes(role) ?? false;

const passwordVersion = (cluster: KubeObject, role: string): string | undefined =>
  clusterStatus(cluster).managedRolesStatus?.passwordStatus?.[role]?.resourceVersion || undefined;

/** Returns the login that `-credentials` names, when its password is the one of that login. */
export function namedSlot(desired: Desired, { credentials, logins }: World): Slot | undefined {
  const user = fieldOf(credentials, 'user');
  const slot = SLOTS.find((each) => roleOf(desired, each) === user);
  if (slot === undefined) return undefined;
  return fieldOf(credentials, 'password') === fieldOf(logins[slot], 'password') ? slot : undefined;
}
