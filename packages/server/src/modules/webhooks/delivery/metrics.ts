/** The figures of deliveries. */
import type { Metrics } from '../../../kernel/metrics.ts';
import type { AttemptResult } from './attempt.ts';
import { LANES, type LaneName, type Lanes } from './lanes.ts';

/** Deliveries that wait are counted up to this number. */
export const WAITING_MAX = 10_000;
const FIRST_ATTEMPT_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3_600];

export interface DeliveryMetrics {
  attempted(result: AttemptResult): void;
  firstAttempt(seconds: number): void;
  gaveUp(deliveries: number): void;
  /** Keeps what was measured until the next time. */
  measured(now: Measured): void;
}

interface Measured {
  /** The ages of the oldest deliveries that wait. */
  readonly oldestSeconds: { readonly [lane in LaneName]?: number };
  /** How many wait, up to WAITING_MAX. */
  readonly deliveries: number;
}

/** Adds the series to those of the app. */
export function createDeliveryMetrics(metrics: Metrics, lanes: Lanes): DeliveryMetrics {
  const help = 'Attempts to deliver to webhooks: delivered, rejected with a status, or unanswered.';
  const outcomes = ['delivered', 'rejected', 'unanswered'];
  const attempts = metrics.counterBy('outcome', { name: 'webhook_attempts_total', help }, outcomes);
  const givenUp = metrics.counter('webhook_given_up_total', 'Deliveries that were given up after their last attempt.');
  const timeHelp = 'Time from an event to its first attempt.';
  const first = metrics.timing('webhook_first_attempt_seconds', timeHelp, FIRST_ATTEMPT_SECONDS);
  let oldest: Readonly<Record<string, number>> = { fast: 0, slow: 0 };
  let waiting = 0;
  metrics.gaugeBy(
    'lane',
    {
      name: 'webhook_oldest_undelivered_seconds',
      help: 'Age of the oldest delivery that waits, to endpoints that answered fast and to the others.',
    },
    () => oldest,
  );
  const about = `Deliveries that wait, counted up to ${WAITING_MAX}.`;
  metrics.gauge('webhook_deliveries_waiting', about, () => waiting);
  for (const lane of ['fast', 'slow'] as const) {
    const running = () => LANES[lane] - lanes.room(lane);
    metrics.observeGate({ name: `webhooks_${lane}`, load: () => ({ running: running(), waiting: 0, refused: 0 }) });
  }
  return {
    attempted: ({ delivered, status }) =>
      attempts.inc(delivered ? 'delivered' : status === null ? 'unanswered' : 'rejected'),
    firstAttempt: (seconds) => first.observe(seconds),
    gaveUp: (deliveries) => givenUp.inc(deliveries),
    measured({ oldestSeconds, deliveries }) {
      oldest = { fast: 0, slow: 0, ...oldestSeconds };
      waiting = deliveries;
    },
  };
}
