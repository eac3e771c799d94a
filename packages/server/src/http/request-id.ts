/** Names for requests that came without one. */
import { randomUUID } from 'node:crypto';

const COUNTER_DIGITS = 12;

/**
 * Makes ids with the shape of a UUID that no other process makes: the first 74 random bits are the process's own, the
 * rest counts. That is no secret, and costs a tenth of fresh random bits.
 */
export function createRequestIds(): () => string {
  const own = randomUUID().slice(0, -COUNTER_DIGITS);
  let count = 0;
  return () => {
    count += 1;
    return own + count.toString(16).padStart(COUNTER_DIGITS, '0');
  };
}
