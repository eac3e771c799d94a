/** How far the clock of this machine is from the database's. */
import { databaseClock } from '@tenant-registry/db';
import type { Config } from '../../config.ts';
import { systemClock } from '../../kernel/clock.ts';
import { createLogger } from '../../kernel/logger.ts';
import { createRegistryClock } from '../../kernel/registry-clock.ts';
import type { Reached } from './reach.ts';
import { failed, ok, type Verdict, warning } from './verdict.ts';

/** From here on people notice, in times that they compare. */
const NOTED_MS = 1_000;

/** Measures the distance as the registry itself does; negative: this machine is behind. */
export async function findClockDistance({ database: { db } }: Reached, clock = systemClock): Promise<number> {
  const logger = createLogger('silent', { write() {} });
  const databaseTime = () => databaseClock.findDatabaseTime(db);
  const measured = await createRegistryClock({ clock, databaseTime, logger, toleranceMs: Number.MAX_SAFE_INTEGER });
  return measured.aheadMs();
}

export function clockVerdict(aheadMs: number, { clockSkewMaxMs }: Pick<Config, 'clockSkewMaxMs'>): Verdict {
  const distance = Math.abs(aheadMs);
  if (distance < NOTED_MS) return ok(`this machine's clock is within ${distance + 1} ms of the database's`);
  const found = `this machine's clock is ${distance / 1_000} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the database's`;
  const advice = "set both by NTP: time is always the database's";
  if (distance <= clockSkewMaxMs) return warning(found, advice);
  return failed(`${found}, and CLOCK_SKEW_MAX_MS permits ${clockSkewMaxMs} ms: it would not become ready`, advice);
}
