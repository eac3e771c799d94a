/** Writes down when sessions were last used. */
import { sessions as rows } from '@tenant-registry/db';
import type { Worker } from '../../kernel/worker.ts';

export const lastSeenWorker: Worker = {
  name: 'sessions-last-seen',
  idleMs: 5_000,
  flushOnClose: true,
  async runOnce({ db, sessions: { lastSeen } }) {
    const batch = lastSeen.drain();
    if (batch.size === 0) return 0;
    try {
      await rows.touchSessions(db, batch);
    } catch (error) {
      lastSeen.restore(batch);
      throw error;
    }
    return 0;
  },
};
