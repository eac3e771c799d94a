/** An operator that behaves like CloudNativePG on the stand-in, with Kubernetes' own garbage collector beside it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { attempted, createObjects, type Place, type Propagation, placeOf } from './actor-client.ts';
import { stepCluster, UNRECOVERABLE } from './actor-cluster.ts';
import { stepDatabase, stepPooler, stepScheduledBackup } from './actor-others.ts';
import { claimsOf, releaseClaims, volumeOf } from './actor-volumes.ts';
import { asCluster, keyOf, memoryOf, type Role, type Volume, type World } from './actor-world.ts';
import { createCollector, isDeleting } from './garbage.ts';
import { metadataOf, objectAt, stringAt } from './json.ts';
import type { Store } from './store.ts';
import type { JsonObject, ResourceType } from './types.ts';

export interface Actor {
  /** Moves each object one step on; answers whether anything changed. */
  step(): Promise<boolean>;
  /** Steps until nothing changes. Throws where that does not come. */
  settle(): Promise<void>;
  /** Steps by itself, until the function that it answers is called; that resolves when the last step is done. */
  run(everyMs?: number): () => Promise<void>;
  /** A Cluster fails for good, unless it is mended; the phase is that of a lost one unless given. */
  breakCluster(place: Place, trouble?: { readonly phase?: string; readonly reason?: string }): void;
  mendCluster(place: Place): void;
  /** A Cluster fails over, with one instance missing for a step. */
  failOver(place: Place): void;
  /** A Cluster stands still for a number of steps; `Infinity` until `delay(place, 0)`. */
  delay(place: Place, steps: number): void;
  /** Deletes a Cluster as a person would by hand. */
  dropCluster(place: Place, propagation?: Propagation): Promise<void>;
  /** Volumes of a Cluster that are deleted stay there until they are let go. */
  holdVolumes(place: Place): void;
  releaseVolumes(place: Place): void;
  /** Writes the data of a Cluster. Throws where its primary does not run. */
  write(place: Place, data: string): Promise<void>;
  /** Answers the data of a Cluster, asleep or not; undefined once its volume is gone. */
  read(place: Place): Promise<string | undefined>;
  /** Answers the roles in PostgreSQL. A test may change them. */
  roles(place: Place): Promise<Map<string, Role> | undefined>;
  /** Answers whether PostgreSQL would let the user in. */
  canLogin(place: Place, user: string, password: string): Promise<boolean>;
  /** Answers whether a client that connects to the Pooler would get in. */
  canConnect(pooler: Place, user: string, password: string): Promise<boolean>;
}

/** More steps than any test's objects need. */
const STEPS_MAX = 500;

type Step = (world: World, object: JsonObject) => Promise<boolean>;
const STEPS: readonly (readonly [kind: string, step: Step])[] = [
  ['Cluster', stepCluster],
  ['Pooler', stepPooler],
  ['Database', stepDatabase],
  ['ScheduledBackup', stepScheduledBackup],
];

/** Makes an operator. `poolerPhases: false` makes it one before 1.30. It writes status and its own objects alone. */
export function createActor(options: {
  /** The server that it works on. */
  readonly api: { readonly store: Store; readonly types: readonly ResourceType[] };
  readonly clock?: () => Date;
  readonly poolerPhases?: boolean;
}): Actor {
  const { api, clock = () => new Date(), poolerPhases = true } = options;
  const objects = createObjects({ api, clock, manager: 'cloudnative-pg' });
  const world: World = { objects, clock, poolerPhases, volumes: new Map(), memories: new Map() };
  const collector = createCollector(createObjects({ api, clock, manager: 'kube-controller-manager' }));
  const held = new Set<string>();

  const volumeAt = async (place: Place): Promise<Volume | undefined> => {
    const cluster = await objects.get('Cluster', place);
    return cluster && volumeOf(world, await claimsOf(world, asCluster(cluster)));
  };
  const runs = async (place: Place): Promise<boolean> => {
    const cluster = await objects.get('Cluster', place);
    return cluster !== undefined && !isDeleting(cluster) && memoryOf(world, place).ready > 0;
  };
  const canLogin: Actor['canLogin'] = async (place, user, password) => {
    const role = (await volumeAt(place))?.roles.get(user);
    return role?.login === true && role.password === password && (await runs(place));
  };
  const step = async (): Promise<boolean> => {
    let changed = false;
    for (const [kind, one] of STEPS)
      for (const object of await objects.list(kind)) changed = (await attempted(() => one(world, object))) || changed;
    changed = (await attempted(() => releaseClaims(world, (claim) => held.has(clusterKeyOf(claim))))) || changed;
    await forget(world);
    return (await collector.step()) || changed;
  };

  return {
    step,
    async settle() {
      for (let count = 0; count < STEPS_MAX; count += 1) if (!(await step())) return;
      throw new Error(`The world still changes after ${STEPS_MAX} steps.`);
    },
    run(everyMs = 5) {
      const stop = new AbortController();
      const ended = loop(step, everyMs, stop.signal);
      return () => {
        stop.abort();
        return ended;
      };
    },
    breakCluster(place, { phase = UNRECOVERABLE, reason = 'broken by the test' } = {}) {
      memoryOf(world, place).broken = { phase, reason };
    },
    mendCluster: (place) => {
      memoryOf(world, place).broken = undefined;
    },
    failOver(place) {
      memoryOf(world, place).passing.push({ phase: 'Failing over', reason: 'Failing over to another instance' });
    },
    delay(place, steps) {
      memoryOf(world, place).wait = steps;
    },
    async dropCluster(place, propagation = 'Background') {
      const cluster = await objects.get('Cluster', place);
      if (cluster !== undefined) await objects.remove(cluster, propagation);
    },
    holdVolumes: (place) => void held.add(keyOf(place)),
    releaseVolumes: (place) => void held.delete(keyOf(place)),
    async write(place, data) {
      const volume = await volumeAt(place);
      if (volume === undefined || !(await runs(place))) throw new Error(`The Cluster ${place.name} does not run.`);
      volume.data = data;
    },
    read: async (place) => (await volumeAt(place))?.data,
    roles: async (place) => (await volumeAt(place))?.roles,
    canLogin,
    async canConnect(place, user, password) {
      const pooler = await objects.get('Pooler', place);
      if (pooler === undefined || (objectAt(pooler, 'status')['instances'] ?? 0) === 0) return false;
      const name = stringAt(objectAt(objectAt(pooler, 'spec'), 'cluster'), 'name');
      return canLogin({ namespace: place.namespace, name }, user, password);
    },
  };
}

async function loop(step: () => Promise<boolean>, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await step();
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

const clusterKeyOf = (claim: JsonObject): string =>
  keyOf({
    namespace: placeOf(claim).namespace,
    name: stringAt(objectAt(metadataOf(claim), 'labels'), 'cnpg.io/cluster'),
  });

/** A Cluster that is gone is forgotten: one of its name starts anew. What a test asked for it is kept. */
async function forget(world: World): Promise<void> {
  const there = new Map((await world.objects.list('Cluster')).map((object) => [keyOf(placeOf(object)), object]));
  for (const [key, memory] of world.memories) {
    if (there.has(key)) continue;
    Object.assign(memory, { ready: 0, starting: false, made: 0, applied: undefined, pending: new Set() });
    memory.passwords.clear();
  }
}
