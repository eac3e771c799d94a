/** One pass over one database: what is wanted is handed to its provisioner, with no transaction open, and the answer is settled. */
import { databaseWork } from '@tenant-registry/db';
import { type Desired, type Provisioner, ProvisionerUnavailable } from '@tenant-registry/provisioner';
import type { Dependencies } from '../../../kernel/context.ts';
import { bookkeep } from '../../../kernel/transact.ts';
import type { Decision } from './decide.ts';
import { desiredOf } from './desired.ts';
import type { PassOutcome } from './metrics.ts';
import { type Outcome, observedOutcome, shownText } from './outcome.ts';
import { settle } from './settle.ts';

const DEFAULT_TIMEOUT_S = 900;

export interface PassOptions {
  readonly deps: Dependencies;
  /** The pass is ended after so long. */
  readonly abortMs: number;
  readonly watched: boolean;
  /** Ends the pass as if it had not been. */
  readonly closing: AbortSignal;
}

/**
 * Makes the pass and writes what came of it, or gives the lease back when the process closes. Errors are logged, not
 * thrown: a lease that could not be given back runs out by itself.
 */
export async function runPass(claimed: databaseWork.ClaimedDatabase, options: PassOptions): Promise<PassOutcome> {
  const { deps, closing, watched } = options;
  const { databaseWorld, clock, db } = deps;
  const { whenFrozen } = databaseWorld;
  try {
    const desired = desiredOf(claimed, { now: clock(), whenFrozen });
    const outcome = await outcomeOf(claimed, desired, options);
    if (outcome === 'closed') {
      await bookkeep(db, (tx) => databaseWork.touchReleased(tx, claimed, clock()));
      return 'released';
    }
    const timeoutMs = (databaseWorld.tiers.get(claimed.tier)?.provision_timeout_s ?? DEFAULT_TIMEOUT_S) * 1_000;
    const pass = { desired, outcome, now: clock(), random: Math.random(), watched, whenFrozen, timeoutMs };
    const decision = await settle(deps, claimed, pass);
    if (decision === undefined) return 'dropped';
    tell(deps, claimed, decision);
    if (outcome.kind === 'unavailable') return 'unavailable';
    return decision.work.error_message == null ? 'ok' : 'failed';
  } catch (err) {
    deps.logger.error(
      { err, database: claimed.id, closing: closing.aborted },
      'a pass over a database was not settled',
    );
    return 'unsettled';
  }
}

/** Asks the provisioner. One that does not heed the signal is not waited for. */
async function outcomeOf(
  { id, provisioner: name }: databaseWork.ClaimedDatabase,
  desired: Desired,
  { deps, abortMs, closing }: PassOptions,
): Promise<Outcome | 'closed'> {
  const provisioner = deps.databaseWorld.provisioners.get(name);
  if (provisioner === undefined) return unavailable(`DATABASES_FILE has no provisioner ${name}.`);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), abortMs);
  try {
    const observed = await untilAborted(provisioner, desired, AbortSignal.any([closing, late.signal]));
    return observedOutcome(desired, observed);
  } catch (err) {
    if (closing.aborted) return 'closed';
    if (err instanceof ProvisionerUnavailable) return unavailable(err.message);
    if (late.signal.aborted) return unavailable(`The provisioner did not answer within ${abortMs / 1_000} seconds.`);
    deps.logger.error({ err, database: id, provisioner: name }, 'a pass over a database failed unexpectedly');
    return unavailable('internal error');
  } finally {
    clearTimeout(timer);
  }
}

function unavailable(message: string): Outcome {
  return { kind: 'unavailable', message: shownText(message) };
}

async function untilAborted(provisioner: Provisioner, desired: Desired, signal: AbortSignal) {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([provisioner.reconcile(desired, signal), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function tell(
  { logger }: Dependencies,
  { id, provisioner, tenant_id }: databaseWork.ClaimedDatabase,
  decision: Decision,
) {
  const { database, work, events } = decision;
  const about = { database: id, tenant: tenant_id, provisioner };
  const { status, reason } = database;
  if (events.length > 0)
    logger.info({ ...about, events: events.map(({ event }) => event), status, reason }, 'a database changed');
  if (work.error_message != null)
    logger.warn(
      { ...about, attempts: work.attempts, message: work.error_message, next: work.next_reconcile_at },
      'a pass over a database failed',
    );
}
