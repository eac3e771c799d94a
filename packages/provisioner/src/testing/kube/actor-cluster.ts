/** One step of the operator with a Cluster: the first of its moves that is due, then the roles. */
import { isDeepStrictEqual } from 'node:util';
import { reconcileRoles } from './actor-roles.ts';
import { bytesOf, claimsOf, ensureVolume, makeClaim, sizeOf, volumeOf } from './actor-volumes.ts';
import {
  asCluster,
  type Cluster,
  type ClusterStatus,
  type Condition,
  HIBERNATION,
  type Memory,
  memoryOf,
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
const AWAITED = { phase: WAITING, phaseReason: 'Some instances are not yet active. Please wait.' };
const UPGRADING = 'Upgrading cluster';
const APPLYING = 'Applying configuration';

/** Settings that belong to the operator. */
const FIXED = ['archive_command', 'hot_standby', 'listen_addresses', 'port', 'restart_after_crash', 'ssl'];

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
    stopPods(memory, memory.ready);
    return false;
  }
  if (memory.wait > 0) {
    memory.wait -= 1;
    return Number.isFinite(memory.wait);
  }
  const claims = await claimsOf(world, cluster);
  const turn = { world, cluster, memory, claims };
  const wasStarting = memory.starting;
  const moved = await firstMove(turn);
  const status = await statusAfter({ ...turn, claims: await claimsOf(world, cluster) }, moved);
  if (isDeepStrictEqual(status, cluster.status)) return memory.starting !== wasStarting;
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

function broken({ memory }: Turn): Moved | undefined {
  if (memory.broken === undefined) return undefined;
  stopPods(memory, memory.ready);
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
  stopPods(memory, memory.ready);
  return { phase: UNRECOVERABLE, phaseReason: 'No instance has a volume' };
}

/** A Cluster falls asleep only when it is healthy; then its pods go in two steps. */
function sleep({ cluster, memory }: Turn): Moved | undefined {
  if (cluster.metadata.annotations?.[HIBERNATION] !== 'on') return undefined;
  const condition = conditionOf(cluster, HIBERNATION);
  if (condition === undefined && cluster.status?.phase !== HEALTHY) return undefined;
  if (condition === undefined)
    return { hibernation: { status: 'False', reason: 'DeletingPods', message: 'Hibernation is in progress' } };
  stopPods(memory, memory.ready);
  return { hibernation: { status: 'True', reason: 'Hibernated', message: 'Cluster has been hibernated' } };
}

function wake({ cluster }: Turn): Moved | undefined {
  if (conditionOf(cluster, HIBERNATION) === undefined) return undefined;
  return { ...AWAITED, hibernation: null };
}

function passing({ memory }: Turn): Moved | undefined {
  const trouble = memory.passing.shift();
  if (trouble === undefined) return undefined;
  stopPods(memory, 1);
  return { phase: trouble.phase, phaseReason: trouble.reason };
}

/** A pod is made in one step, and is ready in the next. */
async function startInstance({ world, cluster, claims, memory }: Turn): Promise<Moved | undefined> {
  if (memory.ready >= claims.length) return undefined;
  memory.starting = !memory.starting;
  if (memory.starting) return AWAITED;
  if (memory.ready === 0) await ensureVolume(world, cluster, claims);
  memory.ready += 1;
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
  stopPods(memory, 1);
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
    stopPods(memory, 1);
    return { phase: UPGRADING, phaseReason: 'Restarting an instance for a rolling update' };
  }
  return applied.configuration === wanted.configuration ? undefined : { phase: APPLYING, phaseReason: '' };
}

function stopPods(memory: Memory, count: number): void {
  memory.ready = Math.max(0, memory.ready - count);
  memory.starting = false;
}

function becomeHealthy(): Moved {
  return { phase: HEALTHY, phaseReason: '' };
}

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
