/** argon2id (RFC 9106) off the event loop, with bounded concurrency and a bounded queue. */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { kernelErrors } from './errors.ts';

const derive = promisify(argon2);

interface Parameters_ {
  readonly passes: number;
  /** KiB. */
  readonly memory: number;
  readonly parallelism: number;
  readonly tagLength: number;
}

/**
 * The parameters behind each tag of a stored hash, newest first. To change them, add a tag at the front: hashes with
 * an older tag go on verifying.
 */
const parametersByTag: Readonly<Record<string, Parameters_>> = {
  argon2id: { passes: 1, memory: 65_536, parallelism: 4, tagLength: 32 },
};

const CURRENT_TAG = 'argon2id';
const SALT_BYTES = 16;

export interface Argon2 {
  /** Returns `tag|salt|hash` (base64url, fresh salt) of the secret. */
  hash(secret: string): Promise<string>;
  /** Tells whether the secret belongs to the stored hash, in constant time; a malformed hash belongs to nobody. */
  verify(secret: string, stored: string): Promise<boolean>;
}

export interface Argon2Limits {
  /** Computations at once; each takes 64 MiB and one thread of the pool. */
  readonly concurrencyMax: number;
  /** Callers that may wait; one more is refused with 503 `overloaded`. */
  readonly queueMax: number;
}

export function createArgon2(limits: Argon2Limits): Argon2 {
  const limited = limiter(limits);
  const compute = (secret: string, salt: Buffer, parameters: Parameters_) =>
    limited(() => derive('argon2id', { message: secret, nonce: salt, ...parameters }));
  return {
    async hash(secret) {
      const salt = randomBytes(SALT_BYTES);
      const hash = await compute(secret, salt, parametersOf(CURRENT_TAG));
      return `${CURRENT_TAG}|${salt.toString('base64url')}|${hash.toString('base64url')}`;
    },
    async verify(secret, stored) {
      const [tag = '', salt = '', hash = ''] = stored.split('|');
      if (!Object.hasOwn(parametersByTag, tag) || salt === '' || hash === '') return false;
      const expected = Buffer.from(hash, 'base64url');
      const actual = await compute(secret, Buffer.from(salt, 'base64url'), parametersOf(tag));
      return actual.length === expected.length && timingSafeEqual(actual, expected);
    },
  };
}

function parametersOf(tag: string): Parameters_ {
  const parameters = parametersByTag[tag];
  if (parameters === undefined) throw new Error(`no argon2 parameters are known for the tag ${tag}`);
  return parameters;
}

/** Runs at most `concurrencyMax` tasks at once, first come first served; refuses when `queueMax` are waiting. */
function limiter({ concurrencyMax, queueMax }: Argon2Limits) {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async <T>(task: () => Promise<T>): Promise<T> => {
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
  };
}
