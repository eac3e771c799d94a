/** The figures of deliveries. */
import type { Metrics } from '../../../kernel/metrics.ts';
import type { AttemptResult } from './attempt.ts';
import { LANES, type LaneName, type Lanes } from './lanes.ts';

const FIRST_ATTEMPT_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3_600];

export interface DeliveryMetrics {
  attempted(result: AttemptResult): void;
  firstAttempt(seconds: number): void;
  /** Keeps the ages of the oldest deliveries until the next time. */
  oldestUndelivered(seconds: { readonly [lane in LaneName]?: number }): void;
}

/** Adds the series to those of the app. */
export function createDeliveryMetrics(metrics: Metrics, lanes: Lanes): DeliveryMetrics {
  const help = 'Attempts to deliver to webhooks: delivered, rejected with a status, or unanswered.';
  const attempts = metrics.counter('webhook_attempts_total', help, ['outcome']);
  const first = metrics.histogram('webhook_first_attempt_seconds', 'Time from an event to its first attempt.', {
    buckets: FIRST_ATTEMPT_SECONDS,
  });
  let oldest: Readonly<Record<string, number>> = {};
  metrics.gaugeBy(
    'lane',
    {
      name: 'webhook_oldest_undelivered_seconds',
      help: 'Age of the oldest delivery that waits, to endpoints that answered fast and to the others.',
    },
    () => oldest,
  );
  for (const lane of ['fast', 'slow'] as const) {
    const running = () => LANES[lane] - lanes.room(lane);
    metrics.observeGate({ name: `webhooks_${lane}`, load: () => ({ running: running(), waiting: 0, refused: 0 }) });
  }
  return {
    attempted: ({ delivered, status }) =>
      attempts.inc({ outcome: delivered ? 'delivered' : status === null ? 'unanswered' : 'rejected' }),
    firstAttempt: (seconds) => first.observe(seconds),
    oldestUndelivered(seconds) {
      oldest = { fast: 0, slow: 0, ...seconds };
    },
  };
}
