/** The clock of the process. No other file asks the system, so tests can move the clock. Time itself is the database's: registry-clock.ts. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();

const SECOND_MS = 1_000;

/** Returns what gives the text of a moment's whole second, which is made once a second. */
export function textOfSecond(make: (second: Date) => string): (now: Date) => string {
  let known = Number.NaN;
  let text = '';
  return (now) => {
    const second = Math.floor(now.getTime() / SECOND_MS);
    if (second !== known) {
      known = second;
      text = make(new Date(second * SECOND_MS));
    }
    return text;
  };
}

const DAY_MS = 86_400_000;

export function addDays(date: Date, days: number): Date {
  return new Date(date.getTime() + days * DAY_MS);
}

/** Tells whether the time, in RFC 3339, has come by then; null never comes. */
export function hasPassed(time: string | null, now: Date): boolean {
  return time !== null && new Date(time) <= now;
}
