/** What the provisioner says to an API of Kubernetes, and what it hears. */

/** Where the API is. */
export type KubeAccess =
  /**
   * A file as kubectl reads it; without a context, the current one of the file. Without a file: what kubectl would use, or
   * the account of the pod that this process runs in.
   */
  | { readonly kubeconfig: string | undefined; readonly context?: string | undefined }
  | { readonly url: string; readonly token?: string | undefined; readonly ca?: string | undefined };

/** A type of objects, under the name that the API gives it in URLs and roles. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
}

const cnpg = (kind: string, plural: string): Resource => ({ apiVersion: 'postgresql.cnpg.io/v1', kind, plural });

export const CLUSTER = cnpg('Cluster', 'clusters');
export const POOLER = cnpg('Pooler', 'poolers');
export const SCHEDULED_BACKUP = cnpg('ScheduledBackup', 'scheduledbackups');
export const DATABASE = cnpg('Database', 'databases');
export const SECRET: Resource = { apiVersion: 'v1', kind: 'Secret', plural: 'secrets' };
export const PVC: Resource = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims' };

/** Everything that carries our mark. */
export const MARKED: readonly Resource[] = [CLUSTER, POOLER, SCHEDULED_BACKUP, DATABASE, SECRET];

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

export interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  readonly deletionTimestamp?: string;
  readonly managedFields?: readonly {
    readonly manager?: string;
    readonly operation?: string;
    readonly time?: string;
  }[];
}

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Whatever its controller says; each reader knows what it looks for. */
  readonly status?: unknown;
  readonly type?: string;
  /** Of a Secret: base64. */
  readonly data?: Readonly<Record<string, string>>;
}

/** An object where it is looked for. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
}

export interface Scope {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector: string;
}

export interface KubeList {
  readonly resourceVersion: string;
  readonly items: readonly KubeObject[];
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubeObject;
}

/**
 * The verbs that the provisioner needs. Each call takes at most ten seconds, is not repeated, and ends with the reason of
 * the signal. Each throws `KubernetesFailure` when the API refused, and `ProvisionerUnavailable` when it did not answer.
 */
export interface KubeClient {
  /** Returns undefined where the API itself says that there is no such object. */
  get(resource: Resource, place: Place, signal: AbortSignal): Promise<KubeObject | undefined>;
  /** Makes an object; `conflict` when the name is taken. */
  create(object: KubeObject, signal: AbortSignal): Promise<KubeObject>;
  /** Applies server-side. With `metadata.uid`, only that very object is touched. */
  apply(object: KubeObject, signal: AbortSignal): Promise<KubeObject>;
  /** Deletes that object of that uid, and it stays until its dependants are gone; `conflict` when another one has its name. Gone is fine. */
  delete(object: KubeObject, signal: AbortSignal): Promise<void>;
  /** Lists all pages; their number does not count against the ten seconds. */
  list(resource: Resource, scope: Scope, signal: AbortSignal): Promise<KubeList>;
  /** Resolves once the API has begun to answer. The events end when the API ends them; then the watch goes on elsewhere. */
  watch(
    resource: Resource,
    scope: Scope & { readonly resourceVersion: string },
    signal: AbortSignal,
  ): Promise<AsyncIterable<WatchEvent>>;
  close(): void;
}

export type RefusalKind = 'refused' | 'conflict' | 'gone';

/**
 * The API said no. `refused`: the request as it is; `conflict`: something of that name, or not that very object;
 * `gone`: a resourceVersion that is too old.
 */
export class KubernetesFailure extends Error {
  readonly kind: RefusalKind;
  readonly status: number;

  constructor(kind: RefusalKind, status: number, message: string) {
    super(message);
    this.name = 'KubernetesFailure';
    this.kind = kind;
    this.status = status;
  }
}

const RESOURCES: ReadonlyMap<string, Resource> = new Map([...MARKED, PVC].map((each) => [each.kind, each]));

/** Returns the type of an object. */
export function resourceOf({ kind }: KubeObject): Resource {
  const resource = RESOURCES.get(kind);
  if (resource === undefined) throw new TypeError(`${kind} is no kind that the provisioner knows`);
  return resource;
}
