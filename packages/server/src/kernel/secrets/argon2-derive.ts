/** Computes argon2id with the runtime, and where the runtime is too old for it, with hash-wasm in threads. */
import crypto from 'node:crypto';
import { promisify } from 'node:util';
import { createThread, type Thread } from '../async/thread.ts';

export interface Argon2Parameters {
  readonly passes: number;
  /** KiB. */
  readonly memory: number;
  readonly parallelism: number;
  readonly tagLength: number;
}

export interface Argon2Message extends Argon2Parameters {
  readonly message: string;
  readonly nonce: Uint8Array;
}

/** Resolves to the tag, off the event loop. Both ways give equal bytes. A gate stands in front of it. */
export type Derive = (message: Argon2Message) => Promise<Buffer>;

const TIMEOUT_MS = 60_000;
const MEMORY_MAX_MB = 64;

/** As in `node:crypto` of Node 24.7 and newer. */
type NativeArgon2 = typeof crypto.argon2 | undefined;

export const derive: Derive = deriveWith(crypto.argon2);

function deriveWith(native: NativeArgon2): Derive {
  if (native === undefined) return deriveInThreads();
  const compute = promisify(native);
  return (message) => compute('argon2id', message);
}

/** As many threads as there are computations at once, each of which stays for the next one. */
export function deriveInThreads(): Derive {
  const free: Thread<Argon2Message, Uint8Array>[] = [];
  return async (message) => {
    const thread =
      free.pop() ??
      createThread<Argon2Message, Uint8Array>(new URL('./argon2-thread.ts', import.meta.url), {
        timeoutMs: TIMEOUT_MS,
        memoryMaxMb: MEMORY_MAX_MB,
      });
    try {
      return Buffer.from(await thread.ask(message));
    } finally {
      free.push(thread);
    }
  };
}
