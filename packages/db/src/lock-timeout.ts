/** https://www.postgresql.org/docs/16/errcodes-appendix.html: lock_not_available and deadlock_detected. */
const LOCK_NOT_AVAILABLE = '55P03';
const DEADLOCK_DETECTED = '40P01';

/** Tells whether the database gave up waiting for a lock, because `lock_timeout` was over. */
export function isLockTimeout(error: unknown): boolean {
  return hasCode(error, LOCK_NOT_AVAILABLE);
}

/** Tells whether the transaction was ended because it and another one waited for each other. */
export function isDeadlock(error: unknown): boolean {
  return hasCode(error, DEADLOCK_DETECTED);
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
