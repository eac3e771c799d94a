/** ARGON2_*: how much of the machine argon2id may take. */
import { availableParallelism } from 'node:os';
import { defineSettings, variable, whole } from '../settings.ts';

const CONCURRENCY_DEFAULT_MAX = 4;

export const argon2Settings = defineSettings({
  variables: {
    ARGON2_CONCURRENCY_MAX: variable(whole(1, 64, concurrencyDefault()), {
      about:
        'Each argon2id computation takes 64 MiB and a core; what does not fit into the queue is answered 503. Empty: one core less than there are, 1 to 4.',
    }),
    ARGON2_QUEUE_MAX: variable(whole(0, 10_000, 200), { shown: 200 }),
  },
  read: (data) => ({ argon2: { concurrencyMax: data.ARGON2_CONCURRENCY_MAX, queueMax: data.ARGON2_QUEUE_MAX } }),
});

/** Leaves one core to the event loop. */
function concurrencyDefault(): number {
  return Math.max(1, Math.min(CONCURRENCY_DEFAULT_MAX, availableParallelism() - 1));
}
