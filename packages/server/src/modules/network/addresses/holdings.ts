/** Who had an address, from what the audit log tells of it. Pure. */
import type { meshHistory } from '@tenant-registry/db';

type Event = Pick<
  meshHistory.MeshAddressEvent,
  'action' | 'created_at' | 'project_id' | 'node_id' | 'node_name' | 'allocated_at'
>;

/** That a node has an address, or had it for a time. */
export interface Holding extends Omit<Event, 'action' | 'created_at'> {
  /** Null: it has it. */
  readonly released_at: string | null;
}

/**
 * Replicas read the clock of the database with some milliseconds of error. Of two allocations that are closer together than
 * this, it is not the times alone that tell which was the first.
 */
const APART_MS = 1_000;

/** What is known of a node that got the address at one moment. */
interface Known extends Omit<Event, 'action' | 'created_at' | 'node_name'> {
  node_name: string;
  readonly start: number;
  /** How often it got it within that millisecond: more than once when it gave it back meanwhile. */
  allocations: number;
  /** When it gave it back, the earliest first. */
  readonly releases: string[];
}

/**
 * Returns the holding at the time, or the last one before it; undefined: there was none. An allocation and its release name
 * the same node and time of allocation, so what follows from them does not depend on their order: the network gave the
 * address to one node after the other, and an allocation without its release is therefore the last. Events come newest
 * first, and may go beyond the time.
 */
export function holdingAt(events: readonly Event[], at: number): Holding | undefined {
  const begun = knownFrom(events, at).filter(({ start }) => start <= at);
  const recent = begun.filter(({ start }) => start >= newestOf(begun) - APART_MS);
  const open = recent.filter(({ allocations, releases }) => releases.length < Math.max(1, allocations));
  const last = open.reduce<Known | undefined>(
    (best, each) => (each.start >= (best?.start ?? each.start) ? each : best),
    undefined,
  );
  const found = last ?? recent.at(-1);
  if (found === undefined) return undefined;
  const { project_id, node_id, node_name, allocated_at, releases } = found;
  const released_at = last === undefined ? (releases.at(-1) ?? null) : null;
  return { project_id, node_id, node_name, allocated_at, released_at };
}

/** Tells whether further events, which are older than these, cannot change `holdingAt`. */
export function isDecided(events: readonly Event[], at: number): boolean {
  const oldest = events.at(-1);
  if (oldest === undefined) return true;
  const begun = knownFrom(events, at).filter(({ start, allocations }) => allocations > 0 && start <= at);
  return begun.length > 0 && Date.parse(oldest.created_at) < newestOf(begun) - APART_MS;
}

function newestOf(known: readonly Known[]): number {
  return Math.max(...known.map(({ start }) => start));
}

/** What the events tell of each, without releases after the time; in the order of the last event of each. */
function knownFrom(events: readonly Event[], at: number): Known[] {
  const known = new Map<string, Known>();
  for (const { action, created_at, ...event } of events.toReversed()) {
    const key = `${event.node_id} ${event.allocated_at}`;
    const each = known.get(key) ?? { ...event, start: Date.parse(event.allocated_at), allocations: 0, releases: [] };
    if (action === 'mesh_address.allocated') {
      each.allocations += 1;
      each.node_name = event.node_name;
    } else if (Date.parse(created_at) <= at) each.releases.push(created_at);
    known.delete(key);
    known.set(key, each);
  }
  return [...known.values()];
}
