/**
 * A gate stands in front of something scarce (computations, look-ups, exports): it has a number of places, which tenants
 * get in turn, so that one tenant inside its limits cannot keep all others out. A gate counts for one process.
 */
import { kernelErrors } from './errors.ts';
import { createLane } from './gate/lane.ts';

export interface GateOptions {
  /** Names the gate in metrics. */
  readonly name: string;
  /** Places that are taken at once, by all tenants together. */
  readonly places: number;
  /** Callers that may wait for a place, of all tenants together; one more is refused with 503 `overloaded`. */
  readonly waitingMax: number;
  /** Places that one tenant has at once. */
  readonly tenantPlacesMax: number;
  /** Callers of one tenant that may wait; one more is refused with 429 `tenant_busy`. */
  readonly tenantWaitingMax: number;
  /** Seconds after which a refused caller may try again; 1 unless given. */
  readonly retryAfter?: number;
}

export interface EntryOptions {
  /** Gets a place before all callers without it, and waits in a lane with bounds of its own. */
  readonly first?: boolean;
  /** Ends the wait when it aborts: the caller leaves the queue and is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Gives the place back. Calling it again changes nothing. */
export type Leave = () => void;

export interface GateLoad {
  readonly running: number;
  readonly waiting: number;
  /** Callers refused since the start. */
  readonly refused: number;
  /** What is kept for tenants: one entry for each that has places, and one for each lane in which it waits. */
  readonly tenantEntries: number;
}

export interface Gate {
  readonly name: string;
  /**
   * Resolves with a place, for work that lasts: an export, a feed. The caller must give it back when the work has ended,
   * however it ended. The tenant `null` stands for the platform: it takes turns like one tenant, without a tenant's bounds.
   * Throws `tenant_busy`, `overloaded`, and the reason of an aborted signal.
   */
  enter(tenantId: string | null, options?: EntryOptions): Promise<Leave>;
  /**
   * Runs the work in a place and gives the place back when the work has ended. Throws like `enter` and like the work. Work
   * must not wait for a further place of its own gate: all places could be held by work that waits.
   */
  run<T>(tenantId: string | null, work: () => T | Promise<T>, options?: EntryOptions): Promise<T>;
  load(): GateLoad;
}

/** Makes a gate whose places are all free. It remembers a tenant only while the tenant has a place or waits for one. */
export function createGate(options: GateOptions): Gate {
  const { name, retryAfter = 1 } = options;
  const first = createLane<Leave>(options);
  const others = createLane<Leave>(options);
  const { taken, tenants, isFree, take } = createPlaces(options, admitNext);
  let refused = 0;

  function admitNext(): void {
    while (taken() < options.places) {
      const waiter = first.next(isFree) ?? others.next(isFree);
      if (waiter === undefined) return;
      waiter.admit(take(waiter.tenant));
    }
  }

  async function enter(tenant: string | null, { first: goesFirst = false, signal }: EntryOptions = {}): Promise<Leave> {
    signal?.throwIfAborted();
    // Callers that wait beside a free place belong to tenants with no further place, so this caller overtakes none.
    if (taken() < options.places && isFree(tenant)) return take(tenant);
    const lane = goesFirst ? first : others;
    const full = lane.fullFor(tenant);
    if (full === null) return turnIn(lane, tenant, signal);
    refused += 1;
    throw full === 'tenant' ? kernelErrors.tenantBusy({ retryAfter }) : kernelErrors.overloaded({ retryAfter });
  }

  return {
    name,
    enter,
    async run(tenant, work, entry) {
      const leave = await enter(tenant, entry);
      try {
        return await work();
      } finally {
        leave();
      }
    },
    load: () => ({
      running: taken(),
      waiting: first.waiting() + others.waiting(),
      refused,
      tenantEntries: tenants() + first.tenants() + others.tenants(),
    }),
  };
}

/** Waits in the lane. */
function turnIn(
  lane: ReturnType<typeof createLane<Leave>>,
  tenant: string | null,
  signal: AbortSignal | undefined,
): Promise<Leave> {
  return new Promise((resolve, reject) => {
    const waiter = {
      tenant,
      admit(place: Leave) {
        signal?.removeEventListener('abort', giveUp);
        resolve(place);
      },
    };
    const giveUp = () => {
      lane.giveUp(waiter);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', giveUp, { once: true });
    lane.join(waiter);
  });
}

/** The places and who has them. `freed` is called after each one that was given back. */
function createPlaces({ tenantPlacesMax }: GateOptions, freed: () => void) {
  const byTenant = new Map<string | null, number>();
  let taken = 0;
  const countOf = (tenant: string | null) => byTenant.get(tenant) ?? 0;
  return {
    taken: () => taken,
    tenants: () => byTenant.size,
    /** Whether the tenant's own bound leaves it a further place. */
    isFree: (tenant: string | null) => tenant === null || countOf(tenant) < tenantPlacesMax,
    take(tenant: string | null): Leave {
      taken += 1;
      byTenant.set(tenant, countOf(tenant) + 1);
      let left = false;
      return () => {
        if (left) return;
        left = true;
        taken -= 1;
        const rest = countOf(tenant) - 1;
        if (rest > 0) byTenant.set(tenant, rest);
        else byTenant.delete(tenant);
        freed();
      };
    },
  };
}
