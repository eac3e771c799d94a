/** The garbage collector: objects go when all their owners are gone, and an owner can wait for those that belong to it. */

import { attempted, type Objects, type Propagation } from './actor-client.ts';
import { metadataOf, stringAt, stringsAt, withMetadata } from './json.ts';
import type { JsonObject } from './types.ts';

/** The API sets it on an object that is deleted with `Foreground`; the collector takes it away. */
const FOREGROUND = 'foregroundDeletion';
/** The API sets it on an object that is deleted with `Orphan`; the collector takes it away. */
const ORPHAN = 'orphan';

export interface Collector {
  /** Looks at every object once; answers whether it changed anything. */
  step(): Promise<boolean>;
}

interface Owner {
  readonly uid: string;
  readonly kind: string;
  readonly blockOwnerDeletion?: boolean;
}

interface Graph {
  readonly objects: Objects;
  readonly all: readonly JsonObject[];
  readonly byUid: ReadonlyMap<string, JsonObject>;
}

/** Makes a collector that knows owners by their uid, as an API server's does. */
export function createCollector(objects: Objects): Collector {
  return {
    async step() {
      const all = (await Promise.all(objects.kinds.map((kind) => objects.list(kind)))).flat();
      const graph = { objects, all, byUid: new Map(all.map((object) => [uidOf(object), object])) };
      let changed = false;
      for (const object of all) changed = (await attempted(() => collect(graph, object))) || changed;
      return changed;
    },
  };
}

async function collect(graph: Graph, object: JsonObject): Promise<boolean> {
  if (isDeleting(object)) return finish(graph, object);
  const owners = ownersOf(object);
  if (owners.length === 0) return false;
  const solid = owners.filter((owner) => isSolid(graph, owner));
  if (solid.length === owners.length) return false;
  if (solid.length > 0) {
    await graph.objects.replace(withOwners(object, (owner) => isSolid(graph, owner)));
    return true;
  }
  await graph.objects.remove(object, propagationOf(graph, object));
  return true;
}

/** An owner that waits for its dependants counts as gone; one of a kind that is not known here counts as there. */
function isSolid({ objects, byUid }: Graph, { uid, kind }: Owner): boolean {
  const owner = byUid.get(uid);
  if (owner === undefined) return !objects.kinds.includes(kind);
  return !(isDeleting(owner) && finalizersOf(owner).includes(FOREGROUND));
}

/** What belongs to an object of an owner that waits goes first as well. */
function propagationOf(graph: Graph, object: JsonObject): Propagation {
  if (finalizersOf(object).includes(ORPHAN)) return 'Orphan';
  const awaited = ownersOf(object).some(({ uid }) => graph.byUid.has(uid));
  return awaited && dependantsOf(graph, object).length > 0 ? 'Foreground' : 'Background';
}

async function finish(graph: Graph, object: JsonObject): Promise<boolean> {
  const finalizers = finalizersOf(object);
  const dependants = dependantsOf(graph, object);
  if (finalizers.includes(ORPHAN)) {
    for (const dependant of dependants)
      await graph.objects.replace(withOwners(dependant, ({ uid }) => uid !== uidOf(object)));
    await graph.objects.replace(withoutFinalizer(object, ORPHAN));
    return true;
  }
  if (!finalizers.includes(FOREGROUND) || dependants.some((dependant) => blocks(dependant, object))) return false;
  await graph.objects.replace(withoutFinalizer(object, FOREGROUND));
  return true;
}

const blocks = (dependant: JsonObject, owner: JsonObject): boolean =>
  ownersOf(dependant).some(({ uid, blockOwnerDeletion }) => uid === uidOf(owner) && blockOwnerDeletion === true);

const dependantsOf = ({ all }: Graph, object: JsonObject): JsonObject[] =>
  all.filter((other) => ownersOf(other).some(({ uid }) => uid === uidOf(object)));

// The API validates ownerReferences, so they have these fields.
const ownersOf = (object: JsonObject): Owner[] => (metadataOf(object)['ownerReferences'] ?? []) as unknown as Owner[];

function withOwners(object: JsonObject, kept: (owner: Owner) => boolean): JsonObject {
  const owners = ownersOf(object).filter(kept) as unknown as JsonObject[];
  return withMetadata(object, { ownerReferences: owners.length === 0 ? undefined : owners });
}

/** Answers a copy without one of its finalizers. */
export function withoutFinalizer(object: JsonObject, finalizer: string): JsonObject {
  const left = finalizersOf(object).filter((one) => one !== finalizer);
  return withMetadata(object, { finalizers: left.length === 0 ? undefined : left });
}

/** Answers the finalizers of an object. */
export const finalizersOf = (object: JsonObject): string[] => stringsAt(metadataOf(object), 'finalizers');

/** Answers whether the object is being deleted. */
export const isDeleting = (object: JsonObject): boolean => stringAt(metadataOf(object), 'deletionTimestamp') !== '';

const uidOf = (object: JsonObject): string => stringAt(metadataOf(object), 'uid');
