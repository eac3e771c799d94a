/** The turn of one endpoint: some deliveries for some time, then it goes to the end of the line. */
import { setTimeout } from 'node:timers/promises';
import { type Db, webhookQueue } from '@tenant-registry/db';
import { toDomainError } from '../../../kernel/errors/to-domain-error.ts';
import type { Logger } from '../../../kernel/logger.ts';
import { bookkeep } from '../../../kernel/transact.ts';
import { toEvent } from '../../events/event.ts';
import type { AttemptResult, WebhookAttempts } from './attempt.ts';
import { type AttemptsUnderWay, createAttemptsUnderWay, type EndedAttempt } from './attempts-under-way.ts';
import type { LaneName, Lanes, Place } from './lanes.ts';
import type { DeliveryMetrics } from './metrics.ts';
import { probePauseMs } from './schedule.ts';
import { type Step, type StepInput, takeStep } from './step.ts';

/** Returns the secrets that sign now, in plain text, newest first. */
export type SecretsOf = (endpointId: string) => Promise<readonly string[]>;

export interface TurnLimits {
  readonly deliveries: number;
  readonly ms: number;
  /** Attempts at once to one endpoint. */
  readonly atOnce: number;
  /** An attempt that takes longer leaves the fast lane. */
  readonly slowAfterMs: number;
}

export const TURN: TurnLimits = { deliveries: 20, ms: 10_000, atOnce: 4, slowAfterMs: webhookQueue.FAST_MS };

export interface TurnParts {
  readonly db: Db;
  readonly logger: Logger;
  readonly lanes: Lanes;
  readonly attempts: WebhookAttempts;
  readonly secretsOf: SecretsOf;
  readonly metrics: DeliveryMetrics;
  readonly limits: TurnLimits;
  /** Disables the endpoint, an act of its own that gives the lease back. */
  disable(claimed: webhookQueue.ClaimedEndpoint, reason: 'gone' | 'failing'): Promise<void>;
}

export interface Turn {
  readonly claimed: webhookQueue.ClaimedEndpoint;
  /** The endpoint was claimed with it. */
  readonly place: Place;
  /** Ends the attempts under way as if they had not been made. */
  readonly signal: AbortSignal;
}

/**
 * Delivers until the limits are reached, nothing is due, or the signal aborts; then it gives the lease back. A lost lease
 * ends it, and nothing more is written. Errors are logged, not thrown: the lease ends by itself.
 */
export async function runTurn(parts: TurnParts, { claimed, place, signal }: Turn): Promise<void> {
  const own = new AbortController();
  const ending = AbortSignal.any([signal, own.signal]);
  const underWay = createAttemptsUnderWay(parts.limits.slowAfterMs);
  const places = createPlaces(parts.lanes, claimed.tenant_id, place);
  try {
    await deliver(parts, { claimed, underWay, places, ending });
  } catch (err) {
    parts.logger.error({ err, webhook: claimed.id }, 'a turn of a webhook failed');
  } finally {
    own.abort();
    await underWay.all();
    places.leave();
  }
}

interface Running {
  readonly claimed: webhookQueue.ClaimedEndpoint;
  readonly underWay: AttemptsUnderWay;
  readonly places: ReturnType<typeof createPlaces>;
  readonly ending: AbortSignal;
}

async function deliver(parts: TurnParts, running: Running): Promise<void> {
  const { claimed, underWay, places } = running;
  const allowance = createAllowance(parts.limits, running);
  for (;;) {
    const ended: EndedAttempt[] = [];
    const step = await stepOnceUnlocked(parts.db, () => {
      ended.push(...underWay.ended());
      allowance.note(ended.map(({ result }) => result));
      return { claimed, ended: [...ended], underWay: underWay.ids(), mayStart: allowance.mayStart };
    });
    for (const { result } of ended) parts.metrics.attempted(result);
    if (step === undefined) return;
    parts.metrics.gaveUp(step.given_up);
    if (step.disable !== null) return await parts.disable(claimed, step.disable);
    if (step.deliveries.length > 0) allowance.started(await startAll(parts, running, step));
    if (underWay.count() === 0) {
      places.leave();
      const probeMs = probePauseMs(step.failures, webhookQueue.FAILURES_MAX);
      // What is due and cannot go, for instance because its event is being pruned, must not be claimed again at once.
      const pauseMs = allowance.hasStarted() ? probeMs : Math.max(probeMs, NOTHING_STARTED_MS);
      return await bookkeep(parts.db, (tx) => webhookQueue.updateEndpointReleased(tx, claimed, pauseMs));
    }
    await underWay.next();
  }
}

/** The least pause after a turn that started nothing. */
const NOTHING_STARTED_MS = 1_000;
/** Between two looks at an endpoint that somebody changes, without a connection; and how often a turn looks. */
const LOCKED = { pauseMs: 50, looks: 600 };

/**
 * Takes the step as soon as nobody else has the endpoint, with what has ended by then; the attempts under way go on
 * meanwhile. Throws when the endpoint stays locked for half a minute.
 */
async function stepOnceUnlocked(db: Db, inputNow: () => StepInput): Promise<Step | undefined> {
  for (let look = 0; look < LOCKED.looks; look += 1) {
    const input = inputNow();
    const step = await bookkeep(db, (tx) => takeStep(tx, input));
    if (step !== 'locked') return step;
    await setTimeout(LOCKED.pauseMs);
  }
  throw new Error('a webhook stayed locked');
}

/** How many deliveries may be started, as the turn goes on. */
function createAllowance(limits: TurnLimits, { underWay, ending }: Running) {
  const endMs = performance.now() + limits.ms;
  let left = limits.deliveries;
  let failed = false;
  return {
    hasStarted: () => left < limits.deliveries,
    note(results: readonly AttemptResult[]): void {
      failed ||= results.some(({ delivered }) => !delivered);
    },
    started(count: number): void {
      left -= count;
    },
    mayStart(failures: number): number {
      if (ending.aborted || performance.now() >= endMs) return 0;
      // An endpoint that keeps failing is probed with one delivery a turn, until that succeeds.
      if (failures >= webhookQueue.FAILURES_MAX) return failed || underWay.count() > 0 ? 0 : Math.min(1, left);
      return Math.min(limits.atOnce - underWay.count(), left);
    },
  };
}

/** Starts as many of the deliveries as there are places for, and returns how many. */
async function startAll(parts: TurnParts, running: Running, step: Step): Promise<number> {
  const { claimed, underWay, places, ending } = running;
  const lane = (step.last_ok_ms ?? Number.POSITIVE_INFINITY) <= webhookQueue.FAST_MS ? 'fast' : 'slow';
  const secrets = parts.secretsOf(claimed.id);
  // Each attempt awaits it by itself, and tells of its failure; but a database that is away is no failure of the endpoint.
  await secrets.catch((error) => {
    if (toDomainError(error, new Map()).definition.code === 'unavailable') throw error;
  });
  let started = 0;
  for (const delivery of step.deliveries) {
    const place = places.take(lane);
    if (place === undefined) break;
    underWay.start(delivery, place, () => attempt(parts, { endpoint: step.endpoint, secrets, delivery, ending }));
    started += 1;
  }
  return started;
}

interface Attempted {
  readonly endpoint: webhookQueue.LeasedEndpoint;
  readonly secrets: Promise<readonly string[]>;
  readonly delivery: webhookQueue.DeliverableRow;
  readonly ending: AbortSignal;
}

/** Resolves with undefined when the turn ended the attempt. */
async function attempt(parts: TurnParts, { endpoint, secrets, delivery, ending }: Attempted) {
  const { attempts, replay_of, age_ms } = delivery;
  try {
    const opened = await secrets;
    if (attempts === 0 && replay_of === null) parts.metrics.firstAttempt(age_ms / 1_000);
    return await parts.attempts.attempt({ endpoint, secrets: opened, event: toEvent(delivery) }, ending);
  } catch (err) {
    if (ending.aborted) return undefined;
    parts.logger.error({ err, webhook: endpoint.id }, 'an attempt could not be made');
    return notMade;
  }
}

/** Counts as a failure, so that the owner sees it and it is not repeated without a pause. */
const notMade: AttemptResult = {
  delivered: false,
  status: null,
  duration_ms: 0,
  error: 'The registry could not make the attempt.',
  excerpt: null,
  retry_after_ms: null,
};

/** The place that the endpoint was claimed with goes to its first attempt; further ones take their own. */
function createPlaces(lanes: Lanes, tenant: string | null, claimedWith: Place) {
  let first: Place | undefined = claimedWith;
  return {
    take(lane: LaneName): Place | undefined {
      const place = first ?? lanes.tryTake(lane, tenant);
      first = undefined;
      return place;
    },
    leave(): void {
      first?.leave();
      first = undefined;
    },
  };
}
