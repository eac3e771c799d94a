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
  /** The specification of the last pass, as it was wanted. */
  wanted: Desired['spec'];
  /** Null: the login is closed. */
  readonly passwords: Record<Slot, string | null>;
}

export interface MemoryWorld {
  readonly databases: Map<string, MemoryDatabase>;
  /** Names of clusters that belong to something else. */
  readonly foreign: Set<string>;
  /** Replaces what a pass sees; it may throw. Undefined: the world as it is. */
  intercept: ((desired: Desired) => Observed | undefined | Promise<Observed | undefined>) | undefined;
  /** The number of passes. */
  passes: number;
}

const KEYS = ['user', 'password', 'host', 'port', 'dbname', 'uri'];

/** Makes a provisioner, with its world beside it. */
export function createMemoryProvisioner(): Provisioner & { readonly world: MemoryWorld } {
  const world: MemoryWorld = { databases: new Map(), foreign: new Set(), intercept: undefined, passes: 0 };
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
  if (there === undefined && world.foreign.has(names.cluster)) {
    const message = `${names.cluster} belongs to something else`;
    return { phase: 'failed', reason: 'conflict', ...unseen, message, in_sync: false };
  }
  if (there === undefined && want !== 'running') return { phase: want, ...unseen };
  const made = there ?? make(desired);
  world.databases.set(id, made);
  const drifted = changesOf(made);
  Object.assign(made, { spec, wanted: spec, asleep: want !== 'running', ...logins });
  turnKeys(made, want);
  const seen = {
    ...unseen,
    repaired: external_uid === null ? [] : drifted,
    external_uid: made.external_uid,
    endpoint: { host: 'db.memory.example', port: 5432, sslmode: 'require' },
    secret_name: names.credentials,
    login: { ...logins },
  } as const;
  return want === 'running' ? { phase: 'ready', reason: 'healthy', ...seen } : { phase: want, ...seen };
}

function make({ tenant_id, names, spec, logins }: Desired): MemoryDatabase {
  return {
    external_uid: randomUUID(),
    tenant_id,
    names,
    spec,
    wanted: spec,
    asleep: false,
    ...logins,
    passwords: { a: null, b: null },
  };
}

/** Names the parts of the specification that are not as the last pass left them. */
function changesOf({ spec, wanted }: MemoryDatabase): string[] {
  const parts = Object.keys(wanted) as (keyof Desired['spec'])[];
  return parts.filter((part) => JSON.stringify(spec[part]) !== JSON.stringify(wanted[part]));
}

/** A login that is opened gets a new password; a closed one has none. */
function turnKeys({ passwords, current, other }: MemoryDatabase, want: Desired['want']): void {
  if (want === 'asleep') return;
  passwords[current] = want === 'retained' ? null : (passwords[current] ?? randomUUID());
  if (want === 'retained' || other === 'closed') passwords[current === 'a' ? 'b' : 'a'] = null;
}
