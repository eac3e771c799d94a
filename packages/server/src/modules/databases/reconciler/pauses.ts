/** When a database is looked at next. Pure: time and chance are given. */

const SECOND = 1_000;

const FAILURE = { min: SECOND, first: 2 * SECOND, max: 300 * SECOND };
/** Between two looks at what changes by itself, without a watch and with one that tells of changes. */
const STEADY = { watched: 300 * SECOND, unwatched: 60 * SECOND };
const STEADY_JITTER = 0.1;
const SOON = { min: SECOND, share: 0.1, jitter: 0.25 };

/** Returns the pause after so many failures in a row: full jitter, from 1 s to 300 s. */
export function failurePauseMs(attempts: number, random: number): number {
  const most = Math.min(FAILURE.max, FAILURE.first * 2 ** Math.min(attempts, 20));
  return Math.max(FAILURE.min, random * most);
}

/** Returns the pause of a database with which all is well. */
export function steadyPauseMs(watched: boolean, random: number): number {
  return jittered(watched ? STEADY.watched : STEADY.unwatched, STEADY_JITTER, random);
}

/** Returns the pause between two looks at a database that only time, or a person, can help. */
export function lookPauseMs(random: number): number {
  return jittered(STEADY.watched, STEADY_JITTER, random);
}

/** Returns the pause while something is under way: a tenth of the time that it has taken, from 1 s to `mostMs`. */
export function soonPauseMs(agedMs: number, mostMs: number, random: number): number {
  const pause = Math.min(mostMs, Math.max(SOON.min, agedMs * SOON.share));
  return Math.max(SOON.min, jittered(pause, SOON.jitter, random));
}

function jittered(ms: number, share: number, random: number): number {
  return ms * (1 + share * (2 * random - 1));
}
