/** Workers that write down when things were last seen. */
import type { Dependencies } from '../context.ts';
import type { Worker } from '../worker.ts';
import type { LastSeen } from './last-seen.ts';

interface Bookkeeping {
  readonly name: string;
  readonly lastSeen: (deps: Dependencies) => LastSeen;
  readonly write: (deps: Dependencies, batch: ReadonlyMap<string, Date>) => Promise<void>;
}

/** Makes a worker that writes what was noted every five seconds, and once more at the end; what cannot be written is kept. */
export function lastSeenWorkerOf({ name, lastSeen, write }: Bookkeeping): Worker {
  return {
    name,
    idleMs: 5_000,
    flushOnClose: true,
    ofEachProcess: true,
    async runOnce(deps) {
      const batch = lastSeen(deps).drain();
      if (batch.size === 0) return 0;
      try {
        await write(deps, batch);
      } catch (error) {
        lastSeen(deps).restore(batch);
        throw error;
      }
      return 0;
    },
  };
}
