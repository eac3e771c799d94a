/** One step of the operator with a Cluster: the first of its moves that is due, then the roles. */
import { isDeepStrictEqual } from 'node:util';
import { reconcileRoles } from './actor-roles.ts';
import {
  asCluster,
  CLUSTER_LABEL,
  type Cluster,
  type ClusterStatus,
  type Condition,
  HIBERNATION,
  type Memory,
  memoryOf,
  secretField,
  type Volume,
  type World,
} from './actor-world.ts';
import { isDeleting } from './garbage.ts';
import { metadataOf, objectAt, stringAt } from './json.ts';
import type { JsonObject } from './types.ts';

export const HEALTHY = 'Cluster in healthy state';
export const UNRECOVERABLE = 'Cluster is unrecoverable and needs manual intervention';
export const INVALID = 'Invalid cluster definition';
const FIRST_PRIMARY = 'Setting up primary';
const CREATING_REPLICA = 'Creating a new replica';
const WAITING = 'Waiting for the instances to become active';
const UPGRADING = 'Upgrading cluster';
const APPLYING = 'Applying configuration';

const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection';
/** Settings that belong to the operator. */
const FIXED = [
  'archive_command',
  'archive_mode',
  'hot_standby',
  'listen_addresses',
  'port',
  'restart_after_crash',
  'ssl',
];

interface Turn {
  readonly world: World;
  readonly cluster: Cluster;
  readonly memory: Memory;
  readonly claims: readonly JsonObject[];
}

/** What a move says in the status; undefined: the move was not due. */
type Moved = Partial<Pick<ClusterStatus, 'phase' | 'phaseReason' | 'resizingPVC'>> & {
  readonly hibernation?: Sleep | null;
};
type Move = (turn: Turn) => Moved | undefined | Promise<Moved | undefined>;

interface Sleep {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

const MOVES: readonly Move[] = [
  broken,
  refused,
  firstInstance,
  lostVolumes,
  sleep,
  wake,
  passing,
  startInstance,
  addInstance,
  removeInstance,
  resize,
  changePods,
  becomeHealthy,
];

/** Does one step; answers whether anything changed. A Cluster that is being deleted is left to the garbage collector. */
export async function stepCluster(world: World, object: JsonObject): Promise<boolean> {
  const cluster = asCluster(object);
  const memory = memoryOf(world, cluster.metadata);
  if (isDeleting(object)) {
    memory.ready = 0;
    return false;
  }
  if (memory.wait > 0) {
    memory.wait -= 1;
    return Number.isFinite(memory.wait);
  }
  const claims = await claimsOf(world, cluster);
  const turn = { world, cluster, memory, claims };
  const moved = await firstMove(turn);
  const status = await statusAfter({ ...turn, claims: await claimsOf(world, cluster) }, moved);
  if (isDeepStrictEqual(status, cluster.status)) return false;
  await world.objects.replaceStatus({ ...object, status: status as unknown as JsonObject });
  return true;
}

async function firstMove(turn: Turn): Promise<Moved | undefined> {
  for (const move of MOVES) {
    const moved = await move(turn);
    if (moved !== undefined) return moved;
  }
  return undefined;
}

/** Answers the claims of a Cluster that are not being deleted, the primary's first. */
export async function claimsOf({ objects }: World, { metadata }: Cluster): Promise<JsonObject[]> {
  const all = await objects.list('PersistentVolumeClaim');
  return all.filter((claim) => {
    const { namespace, labels, ownerReferences } = metadataOf(claim);
    const owners = Array.isArray(ownerReferences) ? ownerReferences : [];
    const ours = owners.some((owner) => (owner as JsonObject)['uid'] === metadata.uid);
    return ours && namespace === metadata.namespace && !isDeleting(claim) && labels !== undefined;
  });
}

function broken({ memory }: Turn): Moved | undefined {
  if (memory.broken === undefined) return undefined;
  memory.ready = 0;
  return { phase: memory.broken.phase, phaseReason: memory.broken.reason };
}

function refused({ cluster, claims }: Turn): Moved | undefined {
  const why = faultOf(cluster, claims);
  return why === undefined ? undefined : { phase: INVALID, phaseReason: why };
}

/** What the CRD allows and the operator does not. */
function faultOf({ spec, metadata }: Cluster, claims: readonly JsonObject[]): string | undefined {
  const size = spec.storage?.size ?? '';
  const fixed = Object.keys(spec.postgresql?.parameters ?? {}).find((name) => FIXED.includes(name));
  const wish = metadata.annotations?.[HIBERNATION] ?? 'off';
  if (fixed !== undefined) return `spec.postgresql.parameters.${fixed}: Can't set fixed configuration parameter`;
  if (size === '') return 'spec.storage.size: Size not configured';
  if (Number.isNaN(bytesOf(size))) return `spec.storage.size: Size value isn't valid: ${size}`;
  if (claims.some((claim) => bytesOf(sizeOf(claim)) > bytesOf(size)))
    return "spec.storage.size: can't shrink existing storage";
  if (wish !== 'on' && wish !== 'off') return `metadata.annotations.${HIBERNATION}: "${wish}" is not on or off`;
  return undefined;
}

async function firstInstance(turn: Turn): Promise<Moved | undefined> {
  const { claims, memory } = turn;
  if (claims.length > 0 || memory.made > 0) return undefined;
  const name = await makeClaim(turn);
  return { phase: FIRST_PRIMARY, phaseReason: `Creating primary instance ${name}` };
}

function lostVolumes({ claims, memory }: Turn): Moved | undefined {
  if (claims.length > 0) return undefined;
  memory.ready = 0;
  return { phase: UNRECOVERABLE, phaseReason: 'No instance has a volume' };
}

/** A Cluster falls asleep only when it is healthy; then its pods go in two steps. */
function sleep({ cluster, memory }: Turn): Moved | undefined {
  if (cluster.metadata.annotations?.[HIBERNATION] !== 'on') return undefined;
  const condition = conditionOf(cluster, HIBERNATION);
  if (condition === undefined && cluster.status?.phase !== HEALTHY) return undefined;
  if (condition === undefined)
    return { hibernation: { status: 'False', reason: 'DeletingPods', message: 'Hibernation is in progress' } };
  memory.ready = 0;
  return { hibernation: { status: 'True', reason: 'Hibernated', message: 'Cluster has been hibernated' } };
}

function wake({ cluster }: Turn): Moved | undefined {
  if (conditionOf(cluster, HIBERNATION) === undefined) return undefined;
  return { phase: WAITING, phaseReason: 'Some instances are not yet active. Please wait.', hibernation: null };
}

function passing({ memory }: Turn): Moved | undefined {
  const trouble = memory.passing.shift();
  if (trouble === undefined) return undefined;
  memory.ready = Math.max(0, memory.ready - 1);
  return { phase: trouble.phase, phaseReason: trouble.reason };
}

async function startInstance({ world, cluster, claims, memory }: Turn): Promise<Moved | undefined> {
  if (memory.ready >= claims.length) return undefined;
  if (memory.ready === 0) await ensureVolume(world, cluster, claims);
  memory.ready += 1;
  if (memory.ready < claims.length || cluster.status?.phase === HEALTHY)
    return { phase: WAITING, phaseReason: 'Some instances are not yet active. Please wait.' };
  return {};
}

async function addInstance(turn: Turn): Promise<Moved | undefined> {
  if (turn.claims.length >= turn.cluster.spec.instances) return undefined;
  const name = await makeClaim(turn);
  return { phase: CREATING_REPLICA, phaseReason: `Creating replica ${name}` };
}

async function removeInstance({ world, cluster, claims, memory }: Turn): Promise<Moved | undefined> {
  const last = claims.at(-1);
  if (claims.length <= cluster.spec.instances || last === undefined) return undefined;
  await world.objects.remove(last, 'Background');
  memory.ready -= 1;
  return { phase: WAITING, phaseReason: `Removing instance ${stringAt(metadataOf(last), 'name')}` };
}

/** Volumes grow while PostgreSQL runs, so the phase stays. */
async function resize({ world, cluster, claims }: Turn): Promise<Moved | undefined> {
  const size = cluster.spec.storage?.size ?? '';
  const small = claims.filter((claim) => bytesOf(sizeOf(claim)) < bytesOf(size));
  for (const claim of small)
    await world.objects.replace({
      ...claim,
      spec: { ...objectAt(claim, 'spec'), resources: { requests: { storage: size } } },
    });
  if (small.length > 0) return { resizingPVC: small.map((claim) => stringAt(metadataOf(claim), 'name')) };
  return cluster.status?.resizingPVC === undefined ? undefined : { resizingPVC: [] };
}

/** A change of what pods are made of restarts them; one of PostgreSQL's settings is applied while it runs. */
function changePods({ cluster: { spec }, memory }: Turn): Moved | undefined {
  const wanted = {
    pods: JSON.stringify([spec.imageName, spec.resources]),
    configuration: JSON.stringify(spec.postgresql),
  };
  const { applied } = memory;
  memory.applied = wanted;
  if (applied === undefined) return undefined;
  if (applied.pods !== wanted.pods) {
    memory.ready -= 1;
    return { phase: UPGRADING, phaseReason: 'Restarting an instance for a rolling update' };
  }
  return applied.configuration === wanted.configuration ? undefined : { phase: APPLYING, phaseReason: '' };
}

function becomeHealthy(): Moved {
  return { phase: HEALTHY, phaseReason: '' };
}

async function makeClaim({ world, cluster, memory }: Turn): Promise<string> {
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
async function ensureVolume(world: World, cluster: Cluster, claims: readonly JsonObject[]): Promise<void> {
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

async function statusAfter(turn: Turn, moved: Moved | undefined): Promise<ClusterStatus> {
  const { world, cluster, memory, claims } = turn;
  const { managedRolesStatus: before, readyInstances: _, resizingPVC: resizing, ...kept } = cluster.status ?? {};
  const volume = volumeOf(world, claims);
  const runs = memory.ready > 0 && volume !== undefined;
  const roles = runs ? await reconcileRoles({ world, cluster, memory, volume }) : before;
  const names = claims.map((claim) => stringAt(metadataOf(claim), 'name'));
  const growing = moved?.resizingPVC ?? resizing ?? [];
  const status = {
    ...kept,
    phase: moved?.phase ?? kept.phase,
    phaseReason: moved?.phaseReason ?? kept.phaseReason,
    instances: claims.length,
    instanceNames: names,
    currentPrimary: names[0],
    targetPrimary: names[0],
    // As in Go, zero and nothing are left out.
    ...(memory.ready > 0 ? { readyInstances: memory.ready } : {}),
    ...(growing.length > 0 ? { resizingPVC: growing } : {}),
    ...(roles === undefined ? {} : { managedRolesStatus: roles }),
    conditions: conditionsAfter(turn, moved),
  };
  return JSON.parse(JSON.stringify(status)) as ClusterStatus;
}

/** `Ready` mirrors the phase, also while the Cluster sleeps. */
function conditionsAfter({ world, cluster }: Turn, moved: Moved | undefined): Condition[] {
  const phase = moved?.phase ?? cluster.status?.phase;
  const now = world
    .clock()
    .toISOString()
    .replace(/\.\d+Z$/, 'Z');
  const set = (type: string, said: Sleep): Condition => {
    const old = conditionOf(cluster, type);
    return { type, ...said, lastTransitionTime: old?.status === said.status ? old.lastTransitionTime : now };
  };
  const ready: Sleep =
    phase === HEALTHY
      ? { status: 'True', reason: 'ClusterIsReady', message: 'Cluster is Ready' }
      : { status: 'False', reason: 'ClusterIsNotReady', message: 'Cluster Is Not Ready' };
  const hibernation = moved?.hibernation === undefined ? conditionOf(cluster, HIBERNATION) : moved.hibernation;
  return [
    set('Ready', ready),
    ...(hibernation === undefined || hibernation === null
      ? []
      : [
          set(HIBERNATION, {
            status: hibernation.status === 'True' ? 'True' : 'False',
            reason: hibernation.reason,
            message: hibernation.message,
          }),
        ]),
  ];
}

function conditionOf({ status }: Cluster, type: string): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

const sizeOf = (claim: JsonObject): string =>
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
function bytesOf(quantity: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([kMGT]i?|Ki)?$/.exec(quantity) ?? [];
  return Number(number) * (UNITS[unit] ?? Number.NaN);
}

/** Takes the finalizer of claims away whose pods are gone, unless the test holds it. */
export async function releaseClaims(world: World, held: (claim: JsonObject) => boolean): Promise<boolean> {
  const all = await world.objects.list('PersistentVolumeClaim');
  const done = all.filter((claim) => isDeleting(claim) && !held(claim));
  for (const claim of done) {
    const { finalizers, ...metadata } = metadataOf(claim);
    const left = (Array.isArray(finalizers) ? finalizers : []).filter((one) => one !== CLAIM_PROTECTION);
    await world.objects.replace({ ...claim, metadata: { ...metadata, finalizers: left } });
  }
  const there = new Set(
    all.filter((claim) => !done.includes(claim)).map((claim) => stringAt(metadataOf(claim), 'uid')),
  );
  for (const uid of world.volumes.keys()) if (!there.has(uid)) world.volumes.delete(uid);
  return done.length > 0;
}
