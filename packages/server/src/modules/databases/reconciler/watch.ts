/** Listens to provisioners that tell of changes, so that what changed is looked at at once. */
import { databaseWork } from '@tenant-registry/db';
import type { Provisioner } from '@tenant-registry/provisioner';
import { createInterruptiblePause } from '../../../kernel/async/interruptible-pause.ts';
import type { Dependencies } from '../../../kernel/context.ts';
import { bookkeep } from '../../../kernel/transact.ts';
import type { Watcher } from '../../../kernel/worker.ts';

/** Between two tries to make a database due that another transaction holds, or while the registry's database is away. */
const HELD_PAUSE_MS = 1_000;
/** Marks in the world can say anything. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Databases that one statement makes due. */
const BATCH = 1_000;

/** Returns a watcher for each provisioner that tells of changes. */
export function watchersOf(deps: Dependencies): Watcher[] {
  return [...deps.databaseWorld.provisioners].flatMap(([name, provisioner]) =>
    provisioner.watch === undefined
      ? []
      : [{ name: `databases of ${name}`, run: (signal) => watch(deps, { name, provisioner, signal }) }],
  );
}

interface Watched {
  readonly name: string;
  readonly provisioner: Provisioner;
  readonly signal: AbortSignal;
}

async function watch(deps: Dependencies, { name, provisioner, signal }: Watched): Promise<void> {
  const { watched } = deps.databaseReconciler;
  const due = createDueWriter(deps, signal);
  try {
    await provisioner.watch?.({ changed: due.add, live: () => watched.add(name) }, signal);
  } finally {
    watched.delete(name);
    await due.idle();
  }
}

/** Makes databases due, many at once; what could not be written is tried again until the signal aborts. */
function createDueWriter(deps: Dependencies, signal: AbortSignal) {
  const ids = new Set<string>();
  let writing: Promise<void> | undefined;
  const pause = createInterruptiblePause();
  signal.addEventListener('abort', () => pause.interrupt(), { once: true });
  async function write(): Promise<void> {
    while (ids.size > 0 && !signal.aborted) {
      const some = [...ids].slice(0, BATCH);
      for (const id of some) ids.delete(id);
      const held = await touch(deps, some);
      if (held.length === 0) continue;
      for (const id of held) ids.add(id);
      await pause.rest(HELD_PAUSE_MS);
    }
  }
  return {
    add(id: string): void {
      if (!UUID.test(id)) return;
      ids.add(id);
      writing ??= write().finally(() => {
        writing = undefined;
      });
    },
    idle: async () => writing,
  };
}

/** Returns those that have to be tried again. */
async function touch({ db, clock, signals, logger }: Dependencies, ids: readonly string[]): Promise<readonly string[]> {
  try {
    const { touched, held } = await bookkeep(db, (tx) => databaseWork.touchDatabasesDue(tx, ids, clock()));
    if (touched > 0) signals.tell('ordered');
    return held;
  } catch (err) {
    logger.warn({ err, databases: ids.length }, 'databases that changed could not be made due yet');
    return ids;
  }
}
