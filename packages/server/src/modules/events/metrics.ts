/** The figures of the way from a change to the log of events. */
import type { Metrics } from '../../kernel/metrics.ts';
import { type OutboxLag, WAITING_MAX } from './lag.worker.ts';

export interface OutboxMetrics {
  /** Events got their places in the log. */
  sequenced(events: number): void;
  /** A batch of them failed, whatever became of the smaller ones after it. */
  batchFailed(): void;
}

/** Adds the series to those of the app. */
export function createOutboxMetrics({ counter, gauge }: Metrics, lag: OutboxLag): OutboxMetrics {
  const about = 'For how long the oldest event has waited for its place in the log.';
  gauge('outbox_oldest_seconds', about, lag.seconds);
  gauge('outbox_waiting', `Events that wait for their place in the log, counted up to ${WAITING_MAX}.`, lag.events);
  const sequenced = counter('outbox_sequenced_total', 'Events that this process gave their place in the log.');
  const failed = counter(
    'outbox_batches_failed_total',
    'Batches of events that this process could not move to the log.',
  );
  return { sequenced: (events) => sequenced.inc(events), batchFailed: () => failed.inc() };
}
