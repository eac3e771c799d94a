/** Says on standard error how far a command is. */
import { systemClock } from '../kernel/clock.ts';
import { type Progress, progressTo } from '../kernel/progress.ts';

/** Returns the progress of work whose parts are called `part`, and consist of `units`. */
export function progressOf(part: string, units: string): Progress {
  return progressTo({
    ...{ part, units },
    write: (text) => process.stderr.write(text),
    now: () => systemClock().getTime(),
    isTerminal: process.stderr.isTTY === true,
  });
}
