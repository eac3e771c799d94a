/** Keeps databases as they were ordered: claims those that are due for the places that are free, and runs their passes beside each other. */
import { type Db, databaseWork } from '@tenant-registry/db';
import type { Clock } from '../../../kernel/clock.ts';
import type { Dependencies } from '../../../kernel/context.ts';
import type { Signals } from '../../../kernel/signals.ts';
import { bookkeep } from '../../../kernel/transact.ts';
import type { ReconcilerMetrics } from './metrics.ts';
import { runPass } from './pass.ts';

export interface ReconcilerLimits {
  /** Passes at once in one process. */
  readonly passes: number;
  /** Of these, passes at once with one provisioner; with one that gave no answer, a single one until it does. */
  readonly ofProvisioner: number;
  /** Of these again, passes at once over databases of one tenant: its neighbours find places, whatever its own wait for. */
  readonly ofTenant: number;
  readonly abortMs: number;
  /** Longer than a pass may take, and its settling. */
  readonly leaseMs: number;
}

export const RECONCILER_LIMITS: ReconcilerLimits = {
  passes: 8,
  ofProvisioner: 4,
  ofTenant: 2,
  abortMs: 40_000,
  leaseMs: 60_000,
};

export interface DatabaseReconciler {
  /** Claims databases that are due and starts their passes, without waiting for their end; returns how many. */
  claim(deps: Dependencies): Promise<number>;
  /** The provisioners whose changes a watch of this process tells of. */
  readonly watched: Set<string>;
  readonly metrics: ReconcilerMetrics;
  /** Passes under way. */
  running(): number;
  /** Resolves when no pass is under way. */
  idle(): Promise<void>;
  /** Ends the passes under way and resolves when every lease was given back. Nothing is claimed after it. */
  close(): Promise<void>;
}

export interface ReconcilerOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly signals: Signals;
  metrics(running: () => number): ReconcilerMetrics;
  readonly limits?: ReconcilerLimits;
}

/** Makes the reconciler of one process. */
export function createReconciler({
  db,
  clock,
  signals,
  limits = RECONCILER_LIMITS,
  ...given
}: ReconcilerOptions): DatabaseReconciler {
  const passes = new Set<Promise<void>>();
  const places = createPlaces(limits);
  const watched = new Set<string>();
  const closing = new AbortController();
  const metrics = given.metrics(() => passes.size);
  let turn = 0;

  async function run(claimed: databaseWork.ClaimedDatabase, deps: Dependencies): Promise<void> {
    const { provisioner, tenant_id } = claimed;
    const beganMs = performance.now();
    const { abortMs } = limits;
    const isWatched = watched.has(provisioner);
    const outcome = await runPass(claimed, { deps, abortMs, watched: isWatched, closing: closing.signal });
    metrics.passed(provisioner, outcome, (performance.now() - beganMs) / 1_000);
    places.leave(provisioner);
    places.leaveTenant(provisioner, tenant_id);
    places.answered(provisioner, outcome !== 'unavailable');
    // Its place is free, and something may be due already.
    signals.tell('ordered');
  }

  async function claimOf(provisioner: string, deps: Dependencies): Promise<number> {
    const limit = places.take(provisioner);
    let claimed: databaseWork.ClaimedDatabase[] = [];
    try {
      if (limit === 0 || closing.signal.aborted) return 0;
      const share = { tenantMax: limits.ofTenant, taken: places.tenantsOf(provisioner) };
      const claim = { provisioner, now: clock(), limit, leaseMs: limits.leaseMs, ...share };
      claimed = await bookkeep(db, (tx) => databaseWork.claimDatabaseWork(tx, claim));
      for (const { tenant_id } of claimed) places.takeTenant(provisioner, tenant_id);
    } finally {
      places.leave(provisioner, limit - claimed.length);
    }
    for (const one of claimed) {
      const pass = run(one, deps);
      passes.add(pass);
      void pass.finally(() => passes.delete(pass));
    }
    return claimed.length;
  }

  async function idle(): Promise<void> {
    while (passes.size > 0) await Promise.all(passes);
  }

  return {
    watched,
    metrics,
    idle,
    running: () => passes.size,
    async claim(deps) {
      if (closing.signal.aborted || places.full()) return 0;
      const names = await databaseWork.listDueProvisioners(db, clock());
      // Another one is first each time, so that none has the places of all.
      turn += 1;
      let claimed = 0;
      for (const index of names.keys()) claimed += await claimOf(names[(index + turn) % names.length] as string, deps);
      return claimed;
    },
    async close() {
      closing.abort();
      await idle();
    },
  };
}

/** The places for passes of one process. Provisioners that do not answer cannot take those of all others. */
function createPlaces({ passes, ofProvisioner }: ReconcilerLimits) {
  const taken = new Map<string, number>();
  const silent = new Set<string>();
  const ofTenants = new Map<string, Map<string, number>>();
  let total = 0;
  const add = (provisioner: string, places: number) => {
    total += places;
    const rest = (taken.get(provisioner) ?? 0) + places;
    if (rest > 0) taken.set(provisioner, rest);
    else taken.delete(provisioner);
  };
  const addTenant = (provisioner: string, tenant: string, places: number) => {
    const tenants = ofTenants.get(provisioner) ?? new Map<string, number>();
    ofTenants.set(provisioner, tenants);
    const rest = (tenants.get(tenant) ?? 0) + places;
    if (rest > 0) tenants.set(tenant, rest);
    else tenants.delete(tenant);
  };
  return {
    full: () => total >= passes,
    /** Takes the places that are free for the provisioner, and returns how many. */
    take(provisioner: string): number {
      const most = silent.has(provisioner) ? 1 : ofProvisioner;
      const places = Math.max(0, Math.min(passes - total, most - (taken.get(provisioner) ?? 0)));
      add(provisioner, places);
      return places;
    },
    /** The places of each tenant at the provisioner. */
    tenantsOf: (provisioner: string): ReadonlyMap<string, number> => ofTenants.get(provisioner) ?? new Map(),
    takeTenant: (provisioner: string, tenant: string) => addTenant(provisioner, tenant, 1),
    leaveTenant: (provisioner: string, tenant: string) => addTenant(provisioner, tenant, -1),
    leave: (provisioner: string, places = 1) => add(provisioner, -places),
    answered(provisioner: string, did: boolean): void {
      if (did) silent.delete(provisioner);
      else silent.add(provisioner);
    },
  };
}
