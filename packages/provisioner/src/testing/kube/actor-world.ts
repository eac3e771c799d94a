/** What the stand-in of the operator knows: the objects of its kinds, and what would be inside of PostgreSQL. */
import type { Objects, Place } from './actor-client.ts';
import type { JsonObject } from './types.ts';

/** A role of PostgreSQL. */
export interface Role {
  login: boolean;
  /** Null: none, so nobody logs in with one. */
  password: string | null;
  inRoles: readonly string[];
}

/** What PostgreSQL keeps on the volume of the primary. */
export interface Volume {
  data: string;
  readonly roles: Map<string, Role>;
  transactions: number;
}

export interface Trouble {
  readonly phase: string;
  readonly reason: string;
}

/** What the operator remembers of a Cluster between two steps. */
export interface Memory {
  /** Pods that are ready; the primary first. */
  ready: number;
  /** A pod is there that is not ready yet. */
  starting: boolean;
  /** Instances made so far, so that no name is used twice. */
  made: number;
  /** The parts of the spec that the pods run with. */
  applied: { readonly pods: string; readonly configuration: string } | undefined;
  /** Steps in which nothing is done; `Infinity` until a test says otherwise. */
  wait: number;
  /** Passing trouble: each is shown for one step, with one instance missing. */
  readonly passing: Trouble[];
  /** Lasting trouble. */
  broken: Trouble | undefined;
  /** Roles that were said to be pending: they are changed in the next step. */
  pending: ReadonlySet<string>;
  /** The passwords of roles, as last read. */
  readonly passwords: Map<string, Password>;
}

export interface Password {
  /** The Secret's resourceVersion. */
  readonly version: string;
  readonly text: string;
  /** Of the Cluster for which it was read. */
  readonly generation: number;
}

export interface World {
  readonly objects: Objects;
  readonly clock: () => Date;
  /** By the uid of the claim. */
  readonly volumes: Map<string, Volume>;
  /** By namespace and name of the Cluster. */
  readonly memories: Map<string, Memory>;
  /** The operator says phases of Poolers, as from 1.30 on. */
  readonly poolerPhases: boolean;
}

export interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

export interface RolesStatus {
  readonly byStatus?: Readonly<Record<string, readonly string[]>>;
  readonly cannotReconcile?: Readonly<Record<string, readonly string[]>>;
  readonly passwordStatus?: Readonly<
    Record<string, { readonly resourceVersion?: string; readonly transactionID?: number }>
  >;
}

export interface ClusterStatus {
  readonly phase?: string;
  readonly phaseReason?: string;
  readonly instances?: number;
  readonly readyInstances?: number;
  readonly currentPrimary?: string;
  readonly conditions?: readonly Condition[];
  readonly managedRolesStatus?: RolesStatus;
  readonly resizingPVC?: readonly string[];
}

export interface ManagedRole {
  readonly name: string;
  readonly ensure?: 'present' | 'absent';
  readonly login?: boolean;
  readonly inRoles?: readonly string[];
  readonly passwordSecret?: { readonly name: string };
  readonly disablePassword?: boolean;
}

/** The part of a Cluster that is read. */
export interface Cluster {
  readonly metadata: Metadata;
  readonly spec: {
    readonly instances: number;
    readonly imageName?: string;
    readonly storage?: { readonly size?: string };
    readonly resources?: JsonObject;
    readonly postgresql?: { readonly parameters?: Readonly<Record<string, string>> };
    readonly bootstrap?: {
      readonly initdb?: {
        readonly database?: string;
        readonly owner?: string;
        readonly secret?: { readonly name: string };
        readonly postInitApplicationSQL?: readonly string[];
      };
    };
    readonly managed?: { readonly roles?: readonly ManagedRole[] };
  };
  readonly status?: ClusterStatus;
}

export const HIBERNATION = 'cnpg.io/hibernation';
export const CLUSTER_LABEL = 'cnpg.io/cluster';

/** Answers the object as a Cluster. */
export function asCluster(object: JsonObject): Cluster {
  // The CRD holds it to this shape.
  return object as unknown as Cluster;
}

export const keyOf = ({ namespace, name }: Place): string => `${namespace}/${name}`;

/** Answers what is remembered of a Cluster. */
export function memoryOf({ memories }: World, place: Place): Memory {
  const known = memories.get(keyOf(place)) ?? {
    ready: 0,
    starting: false,
    made: 0,
    applied: undefined,
    wait: 0,
    passing: [],
    broken: undefined,
    pending: new Set<string>(),
    passwords: new Map(),
  };
  memories.set(keyOf(place), known);
  return known;
}

/** Answers a field of a Secret as text; undefined where it is missing. */
export function secretField(secret: JsonObject | undefined, key: string): string | undefined {
  const text = (secret?.['data'] as Record<string, string> | undefined)?.[key];
  return text === undefined ? undefined : Buffer.from(text, 'base64').toString();
}
