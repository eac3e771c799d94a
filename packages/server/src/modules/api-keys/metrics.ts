/** The series that the verification of API keys counts. */
import type { Metrics } from '../../kernel/metrics.ts';

/** From what memory answers in to what a database in trouble takes. */
const ANSWER_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export type KeyMetrics = ReturnType<typeof createKeyMetrics>;

/** Makes the series of one app. */
export function createKeyMetrics({ counter, counterBy, timing }: Pick<Metrics, 'counter' | 'counterBy' | 'timing'>) {
  return {
    verifications: counterBy(
      'outcome',
      { name: 'verifications_total', help: 'Verifications of API keys by outcome: valid, a refusal code, error.' },
      ['valid', 'error'],
    ),
    verifySeconds: timing('verify_seconds', 'Time from a read request to the verdict.', ANSWER_SECONDS),
    authorityLookups: counterBy(
      'source',
      { name: 'authority_lookups_total', help: 'What verdicts were made from: memory, or a read of the database.' },
      ['memory', 'database'],
    ),
    proofs: counter('proofs_total', 'Proofs that a key is the stored one, by pepper or argon2, and their result.', [
      'by',
      'result',
    ]),
    attemptsRefused: counter('attempts_refused_total', 'Verifications refused because too many on that prefix failed.'),
  };
}
