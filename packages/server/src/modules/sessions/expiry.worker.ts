/** Deletes expired sessions after a while, and expired links at once. */
import { passwordLinks, sessions } from '@tenant-registry/db';
import { addDays } from '../../kernel/clock.ts';
import type { Worker } from '../../kernel/worker.ts';

const BATCH = 1_000;
/** For so long an expired session can still be looked up after an incident. */
const KEPT_DAYS = 30;

export const sessionsExpiryWorker: Worker = {
  name: 'sessions-expiry',
  idleMs: 60_000,
  async runOnce({ db, clock }) {
    const now = clock();
    const old = await sessions.deleteOldSessions(db, addDays(now, -KEPT_DAYS), BATCH);
    return old + (await passwordLinks.deleteExpiredPasswordLinks(db, now, BATCH));
  },
};
