/** Relays the log to NATS, where a relay is configured. */
import type { Worker } from '../../../kernel/worker.ts';

export const relayWorker: Worker = {
  name: 'events-relay',
  idleMs: 1_000,
  wokenBy: 'logged',
  flushOnClose: true,
  async runOnce({ eventRelay }, signal) {
    if (eventRelay === null) return 0;
    if (!signal.aborted) return eventRelay.turn(signal);
    await eventRelay.stop();
    return 0;
  },
};
