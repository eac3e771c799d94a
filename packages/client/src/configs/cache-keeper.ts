/** Writes the configurations to their file after changes: many changes in a short time make one write. */
import type { FollowerRuntime } from '../memory/follow-changes.ts';
import type { CacheFile, Kept } from './cache-file.ts';

/** The least time between two writes. */
const WRITE_EACH_MS = 1_000;
/** After this time without changes a write renews the age that the file states. */
const RENEW_EACH_MS = 300_000;

export interface CacheKeeper {
  /** Notes that the file is outdated. */
  changed(): void;
  /** Writes what is outdated, and resolves when no more will be written. */
  close(): Promise<void>;
}

interface Keeping {
  readonly file: CacheFile;
  /** Returns what is to be kept. */
  readonly kept: () => Kept;
  readonly runtime: FollowerRuntime;
  /** Aborts at the end, before `close` is called. */
  readonly signal: AbortSignal;
  readonly onFailure: (error: unknown) => void;
}

/** Starts. A failed write is told and tried again with the next one. */
export function keepCache({ file, kept, runtime, signal, onFailure }: Keeping): CacheKeeper {
  let outdated = false;
  let known = false;
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    outdated = false;
    await file.save(kept()).catch((error: unknown) => {
      outdated = true;
      onFailure(error);
    });
  }

  async function run(): Promise<void> {
    let writtenAt = runtime.now();
    while (!signal.aborted) {
      await runtime.sleep(WRITE_EACH_MS, signal);
      const due = outdated || (known && runtime.now() - writtenAt >= RENEW_EACH_MS);
      if (!due || signal.aborted) continue;
      writing = write();
      await writing;
      writtenAt = runtime.now();
    }
  }
  void run();

  return {
    changed() {
      outdated = true;
      known = true;
    },
    async close() {
      await writing;
      if (outdated) await write();
    },
  };
}
