/** Databases straight in the tables, and passes over them in a world in memory. */
import { databases } from '@tenant-registry/db';
import type { Observed, Provisioner } from '@tenant-registry/provisioner';
import { createMemoryProvisioner, type MemoryWorld } from '@tenant-registry/provisioner/testing';
import { sql } from 'kysely';
import { onTestFinished } from 'vitest';
import { newId } from '../../src/kernel/ids.ts';
import {
  createReconciler,
  RECONCILER_LIMITS,
  type ReconcilerLimits,
} from '../../src/modules/databases/reconciler/reconciler.ts';
import type { DatabaseTier } from '../../src/modules/databases/schema.ts';
import { createGroup } from './groups.ts';
import { newTenant, type TestServer, type TestServerOptions } from './server.ts';

const spec: DatabaseTier['spec'] = {
  instances: 1,
  cpu: '500m',
  memory: '512Mi',
  storage: '1Gi',
  image: null,
  parameters: {},
  connections: 20,
  pool: { mode: 'session', instances: 1 },
  backup_schedule: null,
  extensions: [],
};

const tier: DatabaseTier = {
  name: 'small',
  description: 'For tests',
  provisioner: 'memory',
  spec,
  overrides: {},
  namespaces: ['default'],
  max_per_tenant: 0,
  provision_timeout_s: 900,
  deletion_policy: 'retain',
};

/** Returns the options of a server whose databases are made by these; without any, by `memory`, a world in memory. */
export function madeBy(provisioners: Readonly<Record<string, Provisioner>>): Pick<TestServerOptions, 'databases'> {
  return {
    databases: {
      installation: 'test',
      tiers: new Map([[tier.name, tier]]),
      provisioners: new Map(Object.entries(provisioners).map(([name, made]) => [name, () => made])),
    },
  };
}

/** A world whose passes a test answers for single databases, so that tests that share it do not meet. */
export function sharedWorld(): Provisioner & {
  readonly world: MemoryWorld;
  readonly intercepts: Map<string, NonNullable<MemoryWorld['intercept']>>;
} {
  const made = createMemoryProvisioner();
  const intercepts = new Map<string, NonNullable<MemoryWorld['intercept']>>();
  made.world.intercept = (desired) => intercepts.get(desired.id)?.(desired);
  return { ...made, intercepts };
}

export interface NewDatabase {
  readonly tenant_id?: string;
  readonly provisioner?: string;
  readonly deletion_policy?: 'retain' | 'destroy';
}

let count = 0;

/** Orders a database as the operation does, and returns its id and its tenant. */
export async function orderDatabase(server: TestServer, fields: NewDatabase = {}) {
  const { tenant_id = (await newTenant(server)).id as string } = fields;
  const [id] = await orderDatabases(server, 1, { ...fields, tenant_id });
  if (id === undefined) throw new Error('a database that was ordered has an id');
  return { id, tenant_id };
}

/** Orders so many databases of one tenant, and returns their ids. */
export async function orderDatabases(
  server: TestServer,
  orders: number,
  fields: NewDatabase = {},
): Promise<readonly string[]> {
  const { tenant_id = (await newTenant(server)).id as string, provisioner = 'memory' } = fields;
  const { db, clock } = server.app.deps;
  const group = await createGroup(server, tenant_id);
  const created_at = clock();
  const ordered = Array.from({ length: orders }, () => {
    count += 1;
    const cluster_name = `orders-${String(count).padStart(8, 'x')}`;
    return {
      id: newId(clock),
      tenant_id,
      project_id: null,
      name: `orders-${count}`,
      owner_team: group.slug,
      owner_group_id: group.id,
      tier: tier.name,
      provisioner,
      cluster_name,
      pooler_name: `${cluster_name}-pooler`,
      spec: sql`${JSON.stringify(spec)}::jsonb`,
      deletion_policy: fields.deletion_policy ?? 'retain',
      created_at,
    };
  });
  const deadline = new Date(created_at.getTime() + tier.provision_timeout_s * 1_000);
  await db.transaction().execute(async (tx) => {
    for (const one of ordered) await databases.insertDatabase(tx, one, deadline);
  });
  return ordered.map(({ id }) => id);
}

/** Returns everything of a database that is stored. */
export async function storedDatabase({ app }: TestServer, id: string) {
  const { db } = app.deps;
  const database = await db.selectFrom('databases').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const work = await db.selectFrom('database_work').selectAll().where('database_id', '=', id).executeTakeFirstOrThrow();
  return { database, work };
}

/** Changes a database as an operation does: what is asked for is due at once. */
export async function changeDatabase(
  { app }: TestServer,
  id: string,
  { database = {}, work = {} }: Parameters<typeof databases.updateDatabase>[2],
): Promise<void> {
  const { db, clock } = app.deps;
  const changes = { database, work: { next_reconcile_at: clock(), ...work } };
  await db.transaction().execute(async (tx) => {
    await databases.lockDatabase(tx, id);
    await databases.updateDatabase(tx, id, changes);
  });
}

/** The reconciler of a further process; it closes with the test. */
export function newReconciler({ app }: TestServer, limits: Partial<ReconcilerLimits> = {}) {
  const { db, clock, signals, databaseReconciler } = app.deps;
  const metrics = () => databaseReconciler.metrics;
  const made = createReconciler({ db, clock, signals, metrics, limits: { ...RECONCILER_LIMITS, ...limits } });
  onTestFinished(() => made.close());
  return { ...made, claim: () => made.claim(app.deps) };
}

/** Makes passes until nothing is due. */
export async function runPasses({ app }: TestServer): Promise<void> {
  const { databaseReconciler: own } = app.deps;
  while ((await own.claim(app.deps)) > 0) await own.idle();
}

/** Moves the clock to when the database is looked at next, and makes the passes that are due then. */
export async function passOver(server: TestServer, id: string): Promise<void> {
  const { work } = await storedDatabase(server, id);
  if (work.next_reconcile_at === null) throw new Error('nothing is done until a person asks for it');
  const leftMs = Date.parse(work.next_reconcile_at) - server.app.deps.clock().getTime();
  if (leftMs > 0) server.clock.advance(leftMs);
  await runPasses(server);
}

/** What happened to a database, oldest first: the types of its events, which are the actions of its audit rows too. */
export async function happenedTo({ app }: TestServer, id: string): Promise<string[]> {
  const { db } = app.deps;
  const audit = await db.selectFrom('audit_log').select(['action']).where('target_id', '=', id).orderBy('id').execute();
  const waiting = db.selectFrom('outbox_events').select('event_type').where('aggregate_id', '=', id);
  const logged = db.selectFrom('events').select('event_type').where('aggregate_id', '=', id);
  const events = [...(await waiting.execute()), ...(await logged.execute())].map(({ event_type }) => event_type);
  const actions = audit.map(({ action }) => action);
  // Each change is told in both ways, and once.
  if ([...events].sort().join() !== [...actions].sort().join())
    throw new Error(`audit rows ${actions} and events ${events} differ`);
  return actions.map((action) => action.replace('database.', ''));
}

const nothing = {
  message: null,
  in_sync: false,
  conditions: [],
  external_uid: null,
  endpoint: null,
  secret_name: null,
};

/** Returns what a pass sees, without any more to tell than given. */
export function seen(phase: Pick<Observed, 'phase'> & Partial<Observed> & { readonly reason?: string }): Observed {
  return { ...nothing, repaired: [], login: null, ...phase } as Observed; // the caller gives the reason of the phase
}

/** A pass that ends with its signal, and not before. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}
