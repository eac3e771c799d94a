/** argon2id (RFC 9106) off the event loop, with bounded concurrency and a bounded queue. */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { kernelErrors } from '../errors.ts';

const derive = promisify(argon2);

export interface Argon2Parameters {
  readonly passes: number;
  /** KiB. */
  readonly memory: number;
  readonly parallelism: number;
  readonly tagLength: number;
}

/** What each tag of a stored hash means, newest first: a map, because a stored tag may be named like a member of every object. */
export type Argon2Tags = ReadonlyMap<string, Argon2Parameters>;

/**
 * To change the parameters, add a tag at the front: hashes with an older tag go on verifying, and are made anew with the
 * newest one when their secret is next seen.
 */
const tagsInUse: Argon2Tags = new Map([['argon2id', { passes: 1, memory: 65_536, parallelism: 4, tagLength: 32 }]]);

const SALT_BYTES = 16;

export interface Argon2 {
  /** Returns `tag|salt|hash` (base64url, fresh salt) of the secret. */
  hash(secret: string): Promise<string>;
  /** Tells whether the secret belongs to the stored hash, in constant time; a malformed hash belongs to nobody. */
  verify(secret: string, stored: string): Promise<boolean>;
  /** Whether the stored hash was made with the newest parameters. */
  isCurrent(stored: string): boolean;
  /** Computations under way, and callers that wait for one. */
  load(): { readonly running: number; readonly waiting: number };
}

export interface Argon2Limits {
  /** Computations at once; each takes 64 MiB and one thread of the pool. */
  readonly concurrencyMax: number;
  /** Callers that may wait; one more is refused with 503 `overloaded`. */
  readonly queueMax: number;
}

export interface Argon2Options {
  readonly tags?: Argon2Tags;
  /** Told how long each computation took, without the wait for its turn. */
  readonly took?: (operation: 'hash' | 'verify', seconds: number) => void;
}

/** Makes hashes with the newest tag, and verifies those of every tag. */
export function createArgon2(limits: Argon2Limits, { tags = tagsInUse, took }: Argon2Options = {}): Argon2 {
  const [newest] = tags;
  if (newest === undefined) throw new Error('argon2 needs the parameters of one tag at least');
  const [newestTag, newestParameters] = newest;
  const { limited, load } = limiter(limits);
  const compute = (operation: 'hash' | 'verify', message: { secret: string; salt: Buffer }, how: Argon2Parameters) =>
    limited(async () => {
      const start = performance.now();
      const result = await derive('argon2id', { message: message.secret, nonce: message.salt, ...how });
      took?.(operation, (performance.now() - start) / 1000);
      return result;
    });
  return {
    async hash(secret) {
      const salt = randomBytes(SALT_BYTES);
      const hash = await compute('hash', { secret, salt }, newestParameters);
      return `${newestTag}|${salt.toString('base64url')}|${hash.toString('base64url')}`;
    },
    async verify(secret, stored) {
      const [tag = '', salt = '', hash = ''] = stored.split('|');
      const parameters = tags.get(tag);
      if (parameters === undefined || salt === '' || hash === '') return false;
      const expected = Buffer.from(hash, 'base64url');
      const actual = await compute('verify', { secret, salt: Buffer.from(salt, 'base64url') }, parameters);
      return actual.length === expected.length && timingSafeEqual(actual, expected);
    },
    isCurrent: (stored) => stored.startsWith(`${newestTag}|`),
    load,
  };
}

/** Runs at most `concurrencyMax` tasks at once, first come first served; refuses when `queueMax` are waiting. */
function limiter({ concurrencyMax, queueMax }: Argon2Limits) {
  let running = 0;
  const waiting: (() => void)[] = [];
  async function limited<T>(task: () => Promise<T>): Promise<T> {
    if (running >= concurrencyMax) {
      if (waiting.length >= queueMax) throw kernelErrors.overloaded({ retryAfter: 1 });
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await task();
    } finally {
      // The place goes straight to the next in line, or is given back.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  }
  return { limited, load: () => ({ running, waiting: waiting.length }) };
}
