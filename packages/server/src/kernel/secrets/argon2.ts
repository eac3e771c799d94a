/** argon2id (RFC 9106) off the event loop, behind a gate: verifications first, and tenants in turn. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createGate, type Gate } from '../gate.ts';
import { type Argon2Parameters, derive } from './argon2-derive.ts';

/** The parameters of each tag of a stored hash, newest first. A map, because a stored tag could be named like a member of every object. */
export type Argon2Tags = ReadonlyMap<string, Argon2Parameters>;

/**
 * To change the parameters, add a tag at the front: hashes with an older tag go on verifying, and are replaced by hashes
 * with the newest one when their secret is next seen.
 */
const tagsInUse: Argon2Tags = new Map([['argon2id', { passes: 1, memory: 65_536, parallelism: 4, tagLength: 32 }]]);

const SALT_BYTES = 16;

export interface Argon2 {
  /**
   * Returns `tag|salt|hash` (base64url, fresh salt) of the secret, when no verification waits. Throws `tenant_busy`,
   * `overloaded`, and the reason of a signal that aborts while the tenant's turn has not come.
   */
  hash(secret: string, tenantId: string, signal?: AbortSignal): Promise<string>;
  /**
   * Tells whether the secret belongs to the stored hash, in constant time; a malformed hash has no secret. Throws
   * `tenant_busy` and `overloaded`.
   */
  verify(secret: string, stored: string, tenantId: string): Promise<boolean>;
  /** Whether the stored hash was made with the newest parameters. */
  isCurrent(stored: string): boolean;
  /** Stands in front of the computations. */
  readonly gate: Gate;
}

export interface Argon2Limits {
  /** Computations at once; each takes 64 MiB and one thread of the pool. */
  readonly concurrencyMax: number;
  /** Verifications that may wait, and hashes that may wait: one more of a kind is refused with 503 `overloaded`. */
  readonly queueMax: number;
}

/** A tenant may have half of the computations at once, so that another tenant never waits for more than one of them. */
const TENANT_PLACES_SHARE = 2;
/** A tenant may have an eighth of each queue: seven tenants that ask as fast as they can leave room for the others. */
const TENANT_QUEUE_SHARE = 8;

export interface Argon2Options {
  /** Names the gate in metrics; `argon2` unless given. */
  readonly gateName?: string;
  readonly tags?: Argon2Tags;
  /** Is told how long each computation took, without the wait for its turn. */
  readonly took?: (operation: 'hash' | 'verify', seconds: number) => void;
}

/** Makes hashes with the newest tag, and verifies those of every tag. */
export function createArgon2(limits: Argon2Limits, options: Argon2Options = {}): Argon2 {
  const { tags = tagsInUse, gateName = 'argon2', took } = options;
  const [newest] = tags;
  if (newest === undefined) throw new Error('argon2 needs the parameters of one tag at least');
  const [newestTag, newestParameters] = newest;
  const gate = gateOf(gateName, limits);
  const timed = async (operation: 'hash' | 'verify', message: Message, parameters: Argon2Parameters) => {
    const start = performance.now();
    const result = await derive({ message: message.secret, nonce: message.salt, ...parameters });
    took?.(operation, (performance.now() - start) / 1000);
    return result;
  };
  return {
    async hash(secret, tenantId, signal) {
      const salt = randomBytes(SALT_BYTES);
      const compute = () => timed('hash', { secret, salt }, newestParameters);
      const hash = await gate.run(tenantId, compute, signal === undefined ? {} : { signal });
      return `${newestTag}|${salt.toString('base64url')}|${hash.toString('base64url')}`;
    },
    async verify(secret, stored, tenantId) {
      const [tag = '', salt = '', hash = ''] = stored.split('|');
      const parameters = tags.get(tag);
      if (parameters === undefined || salt === '' || hash === '') return false;
      const expected = Buffer.from(hash, 'base64url');
      const message = { secret, salt: Buffer.from(salt, 'base64url') };
      const actual = await gate.run(tenantId, () => timed('verify', message, parameters), { first: true });
      return actual.length === expected.length && timingSafeEqual(actual, expected);
    },
    isCurrent: (stored) => stored.startsWith(`${newestTag}|`),
    gate,
  };
}

interface Message {
  readonly secret: string;
  readonly salt: Buffer;
}

function gateOf(name: string, { concurrencyMax, queueMax }: Argon2Limits): Gate {
  return createGate({
    name,
    places: concurrencyMax,
    waitingMax: queueMax,
    tenantPlacesMax: Math.ceil(concurrencyMax / TENANT_PLACES_SHARE),
    tenantWaitingMax: Math.ceil(queueMax / TENANT_QUEUE_SHARE),
  });
}
