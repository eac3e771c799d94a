/** The epoch of this store, which is none once current values are in another one. */
import { kernelErrors } from '../../../kernel/errors.ts';

/** Returns the epoch. Throws `unavailable` when the values were moved while this process ran with the settings of before. */
export function current(epoch: string | null): string {
  if (epoch === null) throw moved();
  return epoch;
}

/** The error of every request after such a move. */
export function moved() {
  return kernelErrors.unavailable({
    detail: 'Configurations were moved to another store: the registry has to be restarted.',
  });
}
