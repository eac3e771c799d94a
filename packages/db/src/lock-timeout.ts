/** https://www.postgresql.org/docs/16/errcodes-appendix.html: lock_not_available. */
const LOCK_NOT_AVAILABLE = '55P03';

/** Tells whether the database gave up waiting for a lock, because `lock_timeout` was over. */
export function isLockTimeout(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === LOCK_NOT_AVAILABLE;
}
