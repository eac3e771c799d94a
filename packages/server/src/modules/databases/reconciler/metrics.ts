/** The figures of the reconciler. */
import type { databaseWork } from '@tenant-registry/db';
import type { Metrics } from '../../../kernel/metrics.ts';

const PASS_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 40, 60];

/**
 * What became of a pass. `failed`: its database waits for a person, or for time. `unavailable`: the provisioner gave no
 * answer. `dropped`: its lease was lost, so nothing of it was written. `released`: the process closed, and
 * gave the lease back. `unsettled`: the database of the registry did not take it.
 */
export type PassOutcome = (typeof OUTCOMES)[number];
const OUTCOMES = ['ok', 'failed', 'unavailable', 'dropped', 'released', 'unsettled'] as const;

interface Observed {
  readonly running: () => number;
  /** The names of the provisioners. */
  readonly provisioners: readonly string[];
}

export interface ReconcilerMetrics {
  passed(provisioner: string, outcome: PassOutcome, seconds: number): void;
  /** Keeps the figures until the next time. */
  counted(counts: readonly databaseWork.DatabaseCount[], oldestDueSeconds: number): void;
}

/** Adds the series to those of the app. */
export function createReconcilerMetrics(metrics: Metrics, { running, provisioners }: Observed): ReconcilerMetrics {
  const help = 'Passes over managed databases, by what became of them.';
  const passes = metrics.counter('database_passes_total', help, ['provisioner', 'outcome']);
  for (const provisioner of provisioners) for (const outcome of OUTCOMES) passes.inc({ provisioner, outcome }, 0);
  const seconds = metrics.histogram('database_pass_seconds', 'Time of one pass over a managed database.', {
    buckets: PASS_SECONDS,
    labelNames: ['provisioner'],
  });
  let byStatus: Record<string, number> = {};
  let byReason: Record<string, number> = { lost: 0 };
  let oldestDue = 0;
  metrics.gauge('database_passes_running', 'Passes under way in this process.', running);
  metrics.gauge('database_oldest_due_seconds', 'How long the longest waiting database has been due.', () => oldestDue);
  metrics.gaugeBy('status', { name: 'databases', help: 'Managed databases that are not deleted.' }, () => byStatus);
  const reasonHelp = 'Managed databases that are not deleted, by why they are where they are.';
  metrics.gaugeBy('reason', { name: 'databases_by_reason', help: reasonHelp }, () => byReason);
  return {
    passed(provisioner, outcome, took) {
      passes.inc({ provisioner, outcome });
      seconds.observe({ provisioner }, took);
    },
    counted(counts, oldestDueSeconds) {
      byStatus = { provisioning: 0, ready: 0, error: 0, deleting: 0 };
      byReason = { lost: 0 };
      for (const { status, reason, databases } of counts) {
        byStatus[status] = (byStatus[status] ?? 0) + databases;
        byReason[reason] = (byReason[reason] ?? 0) + databases;
      }
      oldestDue = oldestDueSeconds;
    },
  };
}
