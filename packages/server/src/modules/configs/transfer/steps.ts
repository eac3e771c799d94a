/** Many changes, cut into commits. */
import { canonicalBytes } from '../canonical.ts';
import { CHANGES_BYTES_MAX, CHANGES_MAX } from '../schema.ts';
import type { PlannedChange } from './plan.ts';

/**
 * Returns the changes in steps, each of which fits into one commit. They are in the order of their keys, so two imports of one
 * project lock in one order, and an import that stops has written all keys before the one where it stopped.
 */
export function stepsOf(changes: readonly PlannedChange[]): PlannedChange[][] {
  const sorted = [...changes].sort((a, b) => (a.key < b.key ? -1 : 1));
  const steps: PlannedChange[][] = [];
  let bytes = 0;
  for (const change of sorted) {
    const size = change.operation === 'delete' ? 0 : canonicalBytes(change.content);
    const step = steps.at(-1);
    if (step === undefined || step.length === CHANGES_MAX || bytes + size > CHANGES_BYTES_MAX) {
      steps.push([change]);
      bytes = size;
    } else {
      step.push(change);
      bytes += size;
    }
  }
  return steps;
}
