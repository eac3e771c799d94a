/** The queue of a gate: tenants take turns, and inside one tenant the first to come is the first to be served. */

export interface Waiter<Place> {
  readonly tenant: string | null;
  /** Called once, when the waiter's turn has come. */
  admit(place: Place): void;
}

export interface LaneLimits {
  /** Waiters of all tenants together. */
  readonly waitingMax: number;
  /** Waiters of one tenant. */
  readonly tenantWaitingMax: number;
}

export interface Lane<Place> {
  waiting(): number;
  /** Tenants that have a waiter in it. */
  tenants(): number;
  /** Whose bound one more waiter would pass: its tenant's, the lane's, or neither. */
  fullFor(tenant: string | null): 'tenant' | 'lane' | null;
  join(waiter: Waiter<Place>): void;
  /** Takes a waiter out that gave up. A waiter that is not in the lane changes nothing. */
  giveUp(waiter: Waiter<Place>): void;
  /** Takes out the waiter whose turn it is, passing over tenants that may have no further place. */
  next(mayHavePlace: (tenant: string | null) => boolean): Waiter<Place> | undefined;
}

/** Makes an empty lane. It remembers a tenant only while one of its waiters is in it. */
export function createLane<Place>({ waitingMax, tenantWaitingMax }: LaneLimits): Lane<Place> {
  // The order of this map is the order of turns: a tenant that was served goes to the end.
  const lines = new Map<string | null, Waiter<Place>[]>();
  let waiting = 0;
  return {
    waiting: () => waiting,
    tenants: () => lines.size,
    fullFor(tenant) {
      if (tenant !== null && (lines.get(tenant)?.length ?? 0) >= tenantWaitingMax) return 'tenant';
      return waiting >= waitingMax ? 'lane' : null;
    },
    join(waiter) {
      waiting += 1;
      const line = lines.get(waiter.tenant);
      if (line === undefined) lines.set(waiter.tenant, [waiter]);
      else line.push(waiter);
    },
    giveUp(waiter) {
      const line = lines.get(waiter.tenant);
      const place = line?.indexOf(waiter) ?? -1;
      if (line === undefined || place === -1) return;
      waiting -= 1;
      line.splice(place, 1);
      if (line.length === 0) lines.delete(waiter.tenant);
    },
    next(mayHavePlace) {
      for (const [tenant, line] of lines) {
        if (!mayHavePlace(tenant)) continue;
        const waiter = line.shift();
        waiting -= 1;
        lines.delete(tenant);
        if (line.length > 0) lines.set(tenant, line);
        return waiter;
      }
      return undefined;
    },
  };
}
