/** What the process knows of sealing and signing, as metrics tell it. */
import type { Metrics } from '../../../kernel/metrics.ts';

/** Tickets are counted up to this number. */
export const WAITING_MAX = 10_000;

export interface SealingMonitor {
  /** What was measured now: rows without a seal, and the time of the newest checkpoint over all logs; null: there is none. */
  measured(now: { readonly waiting: number; readonly checkpointAt: Date | null }): void;
  /** Whether a round is due now and logs have grown for it. */
  due(isDue: boolean): void;
  signed(checkpoints: number): void;
  refused(logs: number): void;
  anchorFailed(): void;
}

/** Makes one that has measured nothing: no row waits, and the newest checkpoint is of now. */
export function createSealingMonitor(metrics: Metrics, nowMs: () => number): SealingMonitor {
  const signed = metrics.counter('audit_checkpoints_total', 'Checkpoints of the audit log that were signed.');
  const refused = metrics.counter(
    'audit_checkpoints_refused_total',
    'Checkpoints that were not signed, because what is stored does not continue the one before.',
  );
  const anchors = metrics.counter('audit_anchor_failures_total', 'Writes to AUDIT_ANCHOR_FILE that failed.');
  let waiting = 0;
  let checkpointMs: number | null = null;
  let dueSinceMs: number | null = null;
  metrics.gauge(
    'audit_unsealed_rows',
    `Audit rows that wait to be sealed, counted up to ${WAITING_MAX}.`,
    () => waiting,
  );
  metrics.gauge(
    'audit_checkpoint_age_seconds',
    'Time since the newest checkpoint over all logs; 0: none is known.',
    () => (checkpointMs === null ? 0 : Math.max(0, nowMs() - checkpointMs) / 1_000),
  );
  metrics.gauge(
    'audit_checkpoint_overdue_seconds',
    'For how long logs that grew have waited for a round of checkpoints that was due; 0: none waits.',
    () => (dueSinceMs === null ? 0 : Math.max(0, nowMs() - dueSinceMs) / 1_000),
  );
  return {
    due(isDue) {
      dueSinceMs = isDue ? (dueSinceMs ?? nowMs()) : null;
    },
    measured(now) {
      waiting = now.waiting;
      checkpointMs = now.checkpointAt?.getTime() ?? null;
    },
    signed: (checkpoints) => signed.inc(checkpoints),
    refused: (logs) => refused.inc(logs),
    anchorFailed: () => anchors.inc(),
  };
}
