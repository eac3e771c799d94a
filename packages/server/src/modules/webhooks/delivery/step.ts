/** One transaction of a turn: what ended is written, and what may go next is read. */
import { type Tx, webhookQueue } from '@tenant-registry/db';
import type { EndedAttempt } from './attempts-under-way.ts';
import { nextState } from './schedule.ts';

const GONE = 410;

export interface StepInput {
  readonly claimed: webhookQueue.ClaimedEndpoint;
  readonly ended: readonly EndedAttempt[];
  /** Ids of the deliveries under way. */
  readonly underWay: readonly string[];
  /** How many deliveries may be started now. */
  mayStart(failures: number): number;
}

export interface Step {
  readonly endpoint: webhookQueue.LeasedEndpoint;
  /** Failures in a row, with those that were just written. */
  readonly failures: number;
  readonly last_ok_ms: number | null;
  /** Deliveries whose last attempt was among those that were just written. */
  readonly given_up: number;
  /** Why the endpoint is to be disabled; null: it is not. */
  readonly disable: 'gone' | 'failing' | null;
  readonly deliveries: readonly webhookQueue.DeliverableRow[];
}

/**
 * Writes and reads; undefined, and nothing is written, when the lease is lost. `locked`, and nothing is written yet, while
 * somebody changes the endpoint.
 */
export async function takeStep(
  tx: Tx,
  { claimed, ended, underWay, mayStart }: StepInput,
): Promise<Step | 'locked' | undefined> {
  const endpoint = await webhookQueue.lockLeasedEndpoint(tx, claimed);
  if (endpoint === undefined || endpoint === 'locked') return endpoint;
  const { failing, ...health } = await record(tx, endpoint, ended);
  const disable = ended.some(({ result }) => result.status === GONE) ? 'gone' : failing ? 'failing' : null;
  const limit = disable === null ? mayStart(health.failures) : 0;
  const deliveries = limit > 0 ? await webhookQueue.listDeliverable(tx, endpoint.id, { underWay, limit }) : [];
  return { endpoint, ...health, disable, deliveries };
}

async function record(tx: Tx, endpoint: webhookQueue.LeasedEndpoint, ended: readonly EndedAttempt[]) {
  const { id, last_ok_ms } = endpoint;
  if (ended.length === 0) return { failures: endpoint.failures, last_ok_ms, given_up: 0, failing: false };
  const given_up = await webhookQueue.appendAttempts(tx, ended.map(attemptRow));
  const health = healthAfter(endpoint.failures, ended);
  const failing = await webhookQueue.updateEndpointHealth(tx, id, { ...health, given_up });
  return { ...health, given_up, failing };
}

/** In the order in which the attempts ended. */
function healthAfter(failures: number, ended: readonly EndedAttempt[]) {
  const results = ended.map(({ result }) => result);
  const last = results.at(-1);
  return {
    failures: results.reduce((count, { delivered }) => (delivered ? 0 : count + 1), failures),
    succeeded: results.some(({ delivered }) => delivered),
    last_ok_ms: last?.delivered ? last.duration_ms : null,
  };
}

function attemptRow({ delivery, result, startedMs }: EndedAttempt): webhookQueue.AttemptRow {
  const { status, duration_ms, error, excerpt } = result;
  const next = nextState(result, delivery.attempts, Math.random());
  const ago_ms = performance.now() - startedMs;
  return { delivery_id: delivery.delivery_id, duration_ms, ago_ms, status, error, excerpt, ...next };
}
