/** Objects with one counter of revisions, and the log of their changes that watches read. */
import { metadataOf, stringAt, withMetadata } from './json.ts';
import type { JsonObject } from './types.ts';

/** Where an object is; `namespace` is empty for an object of the cluster. */
export interface Address {
  readonly group: string;
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
}

/** One change. `object` of a deletion is the last state, at the revision of the deletion. */
export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  readonly address: Address;
  readonly object: JsonObject;
  readonly previous: JsonObject | undefined;
}

/** The store of a server. Objects in it are never changed in place. */
export interface Store {
  /** The revision of the last change. */
  readonly revision: number;
  /** The oldest revision from which a watch can still start, and of which a list can still be read. */
  readonly oldest: number;
  get(address: Address): JsonObject | undefined;
  /** Answers all objects of a resource in the order of their keys, as they are now or were at a revision. */
  list(resource: Pick<Address, 'group' | 'plural'>, revision?: number): JsonObject[];
  /** Writes an object as it is, with the next revision as its `resourceVersion`; answers it. */
  put(address: Address, object: JsonObject): JsonObject;
  /** Takes an object away; answers its last state. */
  delete(address: Address): JsonObject | undefined;
  /** Answers the changes after a revision. */
  since(revision: number): readonly Change[];
  /** Calls back after each change, until the function that it answers is called. */
  subscribe(callback: (change: Change) => void): () => void;
  /** Forgets all changes so far: watches and pages of older revisions get 410. */
  compact(): void;
}

const resourceKey = ({ group, plural }: Pick<Address, 'group' | 'plural'>) => `${group}/${plural}`;
// The order of etcd's keys: a namespace before another when its key with a slash is.
const objectKey = ({ namespace, name }: Pick<Address, 'namespace' | 'name'>) =>
  namespace === '' ? name : `${namespace}/${name}`;

/** Answers the key that lists are ordered by. */
export function keyOf(object: JsonObject): string {
  const metadata = metadataOf(object);
  return objectKey({ namespace: stringAt(metadata, 'namespace'), name: stringAt(metadata, 'name') });
}

/** Makes an empty store that remembers this many changes. */
export function createStore({ window = 1000 }: { window?: number } = {}): Store {
  const resources = new Map<string, Map<string, JsonObject>>();
  const subscribers = new Set<(change: Change) => void>();
  let log: Change[] = [];
  let revision = 1;
  let oldest = 1;

  const objectsOf = (resource: Pick<Address, 'group' | 'plural'>) => {
    const found = resources.get(resourceKey(resource)) ?? new Map<string, JsonObject>();
    resources.set(resourceKey(resource), found);
    return found;
  };

  const record = (change: Omit<Change, 'revision'>) => {
    log.push({ ...change, revision });
    if (log.length > window) {
      oldest = log[log.length - window - 1]?.revision ?? oldest;
      log = log.slice(-window);
    }
    for (const callback of [...subscribers]) callback({ ...change, revision });
  };

  const numbered = (object: JsonObject) => {
    revision += 1;
    return withMetadata(object, { resourceVersion: String(revision) });
  };

  return {
    get revision() {
      return revision;
    },
    get oldest() {
      return oldest;
    },
    get: (address) => objectsOf(address).get(objectKey(address)),
    list: (resource, at) =>
      ordered(at === undefined ? objectsOf(resource) : rewound(objectsOf(resource), resource, at)),
    put(address, object) {
      const objects = objectsOf(address);
      const previous = objects.get(objectKey(address));
      const written = numbered(object);
      objects.set(objectKey(address), written);
      record({ type: previous ? 'MODIFIED' : 'ADDED', address, object: written, previous });
      return written;
    },
    delete(address) {
      const objects = objectsOf(address);
      const previous = objects.get(objectKey(address));
      if (!previous) return undefined;
      objects.delete(objectKey(address));
      const last = numbered(previous);
      record({ type: 'DELETED', address, object: last, previous });
      return last;
    },
    since: (after) => log.filter((change) => change.revision > after),
    subscribe(callback) {
      subscribers.add(callback);
      return () => subscribers.delete(callback);
    },
    compact() {
      log = [];
      oldest = revision;
    },
  };

  // What a resource was at a revision: the changes since then, taken back.
  function rewound(now: Map<string, JsonObject>, resource: Pick<Address, 'group' | 'plural'>, at: number) {
    const then = new Map(now);
    for (const { address, previous } of log.filter((change) => change.revision > at).reverse()) {
      if (resourceKey(address) !== resourceKey(resource)) continue;
      if (previous) then.set(objectKey(address), previous);
      else then.delete(objectKey(address));
    }
    return then;
  }
}

function ordered(objects: Map<string, JsonObject>): JsonObject[] {
  return [...objects].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, object]) => object);
}
