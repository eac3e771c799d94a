/** What came of one pass, cut to what a row, an event and a person can bear. */
import { redactPasswords } from '@tenant-registry/db';
import type { Condition, Desired, Observed } from '@tenant-registry/provisioner';

export type Outcome =
  | { readonly kind: 'observed'; readonly observed: Observed }
  /** The world did not answer, or not in a way that says anything. */
  | { readonly kind: 'unavailable'; readonly message: string };

const TEXT_MAX = 2_000;
const WORD_MAX = 200;
const CONDITIONS_MAX = 100;
const REPAIRED_MAX = 20;

/**
 * Returns the text as it may be shown: without a password in a URL, without zero bytes, and not too long. The half of a
 * character at its end is replaced: PostgreSQL takes none in JSON.
 */
export function shownText(text: string, max: number = TEXT_MAX): string {
  return redactPasswords(text).replaceAll('\0', '').slice(0, max).toWellFormed();
}

const shownOrNull = (text: string | null, max?: number) => (text === null ? null : shownText(text, max));

/** Returns the outcome of a pass that ended with an observation, as long as it answers what was asked. */
export function observedOutcome({ want }: Pick<Desired, 'want'>, observed: Observed): Outcome {
  if (!answers(want, observed.phase))
    return { kind: 'unavailable', message: `The provisioner answered ${observed.phase} where ${want} was wanted.` };
  const { message, conditions, repaired } = observed;
  const shown = {
    message: shownOrNull(message),
    conditions: conditions.slice(0, CONDITIONS_MAX).map(shownCondition),
    repaired: repaired.slice(0, REPAIRED_MAX).map((what) => shownText(what, WORD_MAX)),
  };
  return { kind: 'observed', observed: { ...observed, ...shown } };
}

function answers(want: Desired['want'], phase: Observed['phase']): boolean {
  const reached = { running: 'ready', asleep: 'asleep', retained: 'retained', destroyed: 'gone' } as const;
  return phase === reached[want] || phase === 'working' || phase === 'lost' || phase === 'failed';
}

function shownCondition({ type, status, reason, message }: Condition): Condition {
  return {
    type: shownText(type, WORD_MAX),
    status,
    reason: shownOrNull(reason, WORD_MAX),
    message: shownOrNull(message),
  };
}
