/** A world in memory: databases are made at once, unless a test says otherwise. For tests of whatever stands on the port. */
import { randomUUID } from 'node:crypto';
import type { Desired, Names, Observed, Provisioner, SecretReference, Slot, Survey } from './types.ts';

/** One database of the world. A test may change it, or take it away. */
export interface MemoryDatabase {
  readonly external_uid: string;
  readonly tenant_id: string;
  readonly names: Names;
  spec: Desired['spec'];
  asleep: boolean;
  current: Slot;
  other: 'open' | 'closed';
}

export interface MemoryWorld {
  readonly databases: Map<string, MemoryDatabase>;
  /** Replaces what a pass sees; it may throw. Undefined: the world as it is. */
  intercept: ((desired: Desired) => Observed | undefined | Promise<Observed | undefined>) | undefined;
  /** The number of passes. */
  passes: number;
}

const KEYS = ['user', 'password', 'host', 'port', 'dbname', 'uri'];

/** Makes a provisioner, with its world beside it. */
export function createMemoryProvisioner(): Provisioner & { readonly world: MemoryWorld } {
  const world: MemoryWorld = { databases: new Map(), intercept: undefined, passes: 0 };
  return {
    kind: 'memory',
    world,
    secretOf: ({ namespace, credentials }): SecretReference => ({
      kind: 'directory',
      namespace,
      name: credentials,
      keys: KEYS,
    }),
    async reconcile(desired, signal) {
      world.passes += 1;
      signal.throwIfAborted();
      return (await world.intercept?.(desired)) ?? pass(world, desired);
    },
    async list(): Promise<Survey[]> {
      return Array.from(world.databases, ([id, { names }]) => ({
        id,
        namespace: names.namespace,
        kind: 'database',
        name: names.cluster,
      }));
    },
    async close() {},
  };
}

function pass(world: MemoryWorld, desired: Desired): Observed {
  const { id, want, names, spec, logins, external_uid } = desired;
  const none = { message: null, in_sync: true, conditions: [], external_uid, endpoint: null, secret_name: null };
  const unseen = { ...none, repaired: [], login: null };
  if (want === 'destroyed') {
    world.databases.delete(id);
    return { phase: 'gone', ...unseen };
  }
  const there = world.databases.get(id);
  if (external_uid !== null && there?.external_uid !== external_uid)
    return { phase: 'lost', ...unseen, in_sync: false };
  if (there === undefined && want !== 'running') return { phase: want, ...unseen };
  const made: MemoryDatabase = there ?? {
    external_uid: randomUUID(),
    tenant_id: desired.tenant_id,
    names,
    spec,
    asleep: false,
    current: logins.current,
    other: logins.other,
  };
  world.databases.set(id, made);
  Object.assign(made, { spec, asleep: want !== 'running', current: logins.current, other: logins.other });
  const seen = {
    ...unseen,
    external_uid: made.external_uid,
    endpoint: { host: 'db.memory.example', port: 5432, sslmode: 'require' },
    secret_name: names.credentials,
    login: { ...logins },
  } as const;
  return want === 'running' ? { phase: 'ready', reason: 'healthy', ...seen } : { phase: want, ...seen };
}
