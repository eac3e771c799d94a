/** What the log must be, given what was committed and when it was asked for and answered. */

/** One event of a change that was committed. */
export interface Committed {
  readonly id: string;
  readonly aggregate: string;
  /** The number of the change to its aggregate, from 1. */
  readonly version: number;
  /** Moments of one clock: the change was asked for, and it was answered. */
  readonly asked: number;
  readonly answered: number;
}

/** One event as the log has it. */
export interface Logged {
  readonly id: string;
  readonly position: number;
  readonly aggregate: string;
  readonly version: number;
}

/** Returns sentences about how the log, given in its order, differs from what it must be. None: it is right. */
export function contradictions(log: readonly Logged[], committed: readonly Committed[]): string[] {
  return [...gaps(log), ...lostOrInvented(log, committed), ...wrongVersions(log), ...againstTime(log, committed)];
}

function gaps(log: readonly Logged[]): string[] {
  return log.flatMap(({ position }, index) =>
    position === index + 1 ? [] : [`position ${position} stands at place ${index + 1}`],
  );
}

function lostOrInvented(log: readonly Logged[], committed: readonly Committed[]): string[] {
  const [logged, wanted] = [new Set(log.map(({ id }) => id)), new Set(committed.map(({ id }) => id))];
  return [
    ...(logged.size === log.length ? [] : [`${log.length - logged.size} events are in the log twice`]),
    ...[...wanted].filter((id) => !logged.has(id)).map((id) => `${id} was committed and is not in the log`),
    ...[...logged].filter((id) => !wanted.has(id)).map((id) => `${id} is in the log and was never committed`),
  ];
}

function wrongVersions(log: readonly Logged[]): string[] {
  const last = new Map<string, number>();
  return log.flatMap(({ aggregate, version, position }) => {
    const before = last.get(aggregate) ?? 0;
    last.set(aggregate, version);
    return version === before + 1 ? [] : [`${aggregate}: ${version} after ${before} at ${position}`];
  });
}

/** An event may stand before another only if the other was not already answered when it was asked for. */
function againstTime(log: readonly Logged[], committed: readonly Committed[]): string[] {
  const times = new Map(committed.map((event) => [event.id, event]));
  const found: string[] = [];
  let earliestAnswer = Number.POSITIVE_INFINITY;
  for (const { id, position } of log.toReversed()) {
    const { asked = 0, answered = Number.POSITIVE_INFINITY } = times.get(id) ?? {};
    if (earliestAnswer < asked) found.push(`position ${position} was asked for after a later one was answered`);
    earliestAnswer = Math.min(earliestAnswer, answered);
  }
  return found;
}
