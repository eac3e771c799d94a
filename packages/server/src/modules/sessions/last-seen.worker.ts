/** Writes down when sessions were last used. */
import { sessions } from '@tenant-registry/db';
import { lastSeenWorkerOf } from '../../kernel/buffered/last-seen.worker.ts';

export const lastSeenWorker = lastSeenWorkerOf({
  name: 'sessions-last-seen',
  lastSeen: (deps) => deps.sessions.lastSeen,
  write: ({ db }, batch) => sessions.touchSessions(db, batch),
});
