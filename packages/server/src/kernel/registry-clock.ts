/**
 * The time of the registry: the clock of the process, corrected by its measured distance from the clock of the database,
 * so that one clock decides on every replica what has ended. Argued in docs/decisions/0019-the-databases-clock.md.
 */
import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';

export interface RegistryClock {
  /** Returns the time of the database, as closely as it was measured. Costs no I/O: when the clock of the process has jumped, a new measurement begins at once. */
  readonly now: Clock;
  /** Returns by how many milliseconds the clock of the process was ahead of the database's when last measured; negative: behind. */
  aheadMs(): number;
  /** Measures, and tells whether the clock of the process is near enough for work that ends things. Rejects when the database does not answer. */
  agrees(): Promise<boolean>;
}

export interface RegistryClockOptions {
  /** The clock of the process. */
  readonly clock: Clock;
  readonly databaseTime: () => Promise<Date>;
  /** How far the two may be apart before `agrees` says no. */
  readonly toleranceMs: number;
  readonly logger: Logger;
  /** Monotonic milliseconds; the process's own when absent. */
  readonly steadyMs?: () => number;
}

/** One moment by both clocks of the process. */
interface Moment {
  readonly steady: number;
  readonly wall: number;
}

/** Between which bounds one answer of the database puts the distance, and when it was asked for. */
interface Look {
  readonly asked: Moment;
  readonly least: number;
  readonly most: number;
}

/** A measurement that contradicts the known distance takes so many looks, and believes the narrowest. */
const LOOKS_MAX = 5;
/** Clocks drift apart by milliseconds in this time; a jump does not have to wait for it. */
const MEASURED_EVERY_MS = 10_000;
/** Keeps readers of the time from asking a silent database over and over. */
const RETRY_MS = 1_000;
/** Both sides know the time to the millisecond. */
const GRAIN_MS = 1;

/** Resolves when the distance is measured for the first time. Rejects when the database does not answer. */
export async function createRegistryClock(options: RegistryClockOptions): Promise<RegistryClock> {
  const { clock, toleranceMs, steadyMs = () => performance.now() } = options;
  const moment = (): Moment => ({ steady: steadyMs(), wall: clock().getTime() });
  let aheadMs = 0;
  let agreed = true;
  let measured = moment();
  let retryAt = 0;
  let underway: Promise<void> | undefined;

  async function measure(): Promise<void> {
    const best = await measuredAgainst(aheadMs, () => look(options, moment));
    if (!allows(best, aheadMs)) aheadMs = Math.round((best.least + best.most) / 2);
    // Of before the answer: a jump since then shows as one.
    measured = best.asked;
    const agrees = Math.abs(aheadMs) <= toleranceMs;
    if (agrees !== agreed) tell(options, aheadMs, agrees);
    agreed = agrees;
  }

  /** All who ask at once share one measurement. */
  function measureOnce(): Promise<void> {
    underway ??= measure()
      .catch((error: unknown) => {
        retryAt = steadyMs() + RETRY_MS;
        throw error;
      })
      .finally(() => {
        underway = undefined;
      });
    return underway;
  }

  /** The two clocks of the process went apart since the measurement: one jumped, or the machine slept. */
  const jumped = ({ steady, wall }: Moment) =>
    Math.abs(wall - measured.wall - (steady - measured.steady)) > toleranceMs;

  await measureOnce();
  return {
    now() {
      const at = moment();
      const due = jumped(at) || at.steady - measured.steady > MEASURED_EVERY_MS;
      if (due && at.steady >= retryAt) measureOnce().catch(() => {}); // the database being away is told elsewhere
      return new Date(at.wall - aheadMs);
    },
    aheadMs: () => aheadMs,
    async agrees() {
      await measureOnce();
      if (jumped(moment())) await measureOnce();
      return agreed;
    },
  };
}

/** Takes one look when it allows the known distance, and the narrowest of several when it does not. */
async function measuredAgainst(knownMs: number, take: () => Promise<Look>): Promise<Look> {
  let best = await take();
  for (let looks = 1; looks < LOOKS_MAX && !allows(best, knownMs); looks += 1) {
    const next = await take();
    if (next.most - next.least <= best.most - best.least) best = next;
  }
  return best;
}

/** The database read its clock between the question and the answer, which a monotonic clock keeps apart. */
async function look({ databaseTime, steadyMs = () => performance.now() }: RegistryClockOptions, moment: () => Moment) {
  const asked = moment();
  const database = (await databaseTime()).getTime();
  const least = asked.wall - database - GRAIN_MS;
  return { asked, least, most: least + (steadyMs() - asked.steady) + 2 * GRAIN_MS };
}

function allows({ least, most }: Look, aheadMs: number): boolean {
  return least <= aheadMs && aheadMs <= most;
}

function tell({ logger, toleranceMs }: RegistryClockOptions, aheadMs: number, agrees: boolean): void {
  const distance = { aheadMs, toleranceMs };
  if (agrees) logger.info(distance, "the clock of this process agrees with the database's again");
  else logger.error(distance, "the clock of this process differs from the database's: not ready, and no worker runs");
}
