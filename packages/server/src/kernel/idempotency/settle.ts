/**
 * Ends claims on idempotency keys, also when the database is away at that moment. Otherwise the repetition of a request that a
 * failover hit would wait for the lease of a claim that is nobody's.
 */
import { afterTimer } from '../async/after.ts';
import type { ActorContext } from '../context.ts';
import { fromDatabase } from '../errors/from-database.ts';

const PAUSE_MS = 250;
/** Stored answers are in memory while they wait; past this the oldest is left to its lease. */
const WAITING_MAX = 500;
const NO_CONSTRAINTS = new Map<string, never>();

interface Waiting {
  readonly settle: () => Promise<void>;
  /** By the clock of `performance.now()`. */
  readonly until: number;
}

/** What waits for each database. */
const waitingFor = new WeakMap<ActorContext['root'], Waiting[]>();

/** Tells whether the database was away or too busy, so that a statement may succeed later. */
export function mayPass(error: unknown): boolean {
  return fromDatabase(error, NO_CONSTRAINTS) !== undefined;
}

/**
 * Settles a claim, and resolves also when the database is away: then it is tried again for `withinMs`, after which the lease
 * is over. What settles must be harmless whenever it comes, and names the claim by its id.
 */
export async function settleNowOrLater(
  root: ActorContext['root'],
  settle: () => Promise<void>,
  withinMs: number,
): Promise<void> {
  try {
    await settle();
  } catch (error) {
    if (!mayPass(error)) throw error;
    settleLater(root, settle, withinMs);
  }
}

/** Settles a claim when the database answers again. One statement at a time asks whether it does. */
export function settleLater(root: ActorContext['root'], settle: () => Promise<void>, withinMs: number): void {
  const waiting = waitingFor.get(root) ?? [];
  waitingFor.set(root, waiting);
  waiting.push({ settle, until: performance.now() + withinMs });
  if (waiting.length > WAITING_MAX) waiting.splice(1, 1); // the first one is being tried
  if (waiting.length === 1) afterTimer(PAUSE_MS, () => void settleAll(waiting));
}

async function settleAll(waiting: Waiting[]): Promise<void> {
  for (let [first] = waiting; first !== undefined; [first] = waiting) {
    if (performance.now() < first.until) {
      const again = await first.settle().then(() => false, mayPass);
      if (again) return void afterTimer(PAUSE_MS, () => void settleAll(waiting));
    }
    waiting.shift();
  }
}
