/** Passwords: their proof and their hashes, with a queue of their own, so that no API key waits for a sign-in. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../kernel/clock.ts';
import { DomainError, kernelErrors } from '../../../kernel/errors.ts';
import type { Gate } from '../../../kernel/gate.ts';
import { type Argon2Options, type Argon2Tags, createArgon2 } from '../../../kernel/secrets/argon2.ts';
import { createAttempts } from '../../../kernel/secrets/attempts.ts';
import { sessionErrors } from '../errors.ts';

const TAG = 'argon2id-t3';
const HASH_BYTES = 32;
const SALT_BYTES = 16;
const tags: Argon2Tags = new Map([[TAG, { passes: 3, memory: 65_536, parallelism: 4, tagLength: HASH_BYTES }]]);

/** One computation at a time: 64 MiB and three passes are as much as people who sign in may take of the machine. */
const LIMITS = { concurrencyMax: 1, queueMax: 50 };
/**
 * Of the attempts at one address, after ten that failed, one in half a minute is made: a person with the password comes in
 * while others guess, and no stranger locks a person out for good.
 */
const FAILURES = { failuresMax: 10, windowMs: 15 * 60_000, passMs: 30_000 };

export interface PasswordProof {
  /** The tenant and the address, whether or not they exist: wrong passwords are counted by it. */
  readonly subject: string;
  /** Who waits: sign-ins of one network, and changes of one tenant, wait in turn with those of the others. */
  readonly queue: string;
  readonly presented: string;
  /** Null: no password is right. The computation is made nevertheless. */
  readonly stored: string | null;
}

export interface Passwords {
  /** Tells whether the password is right, by exactly one computation. Throws `too_many_sign_ins`, `overloaded`. */
  proves(proof: PasswordProof): Promise<boolean>;
  /** Returns what the database keeps of a password. Throws `too_many_sign_ins`, `overloaded`, and the reason of an aborted signal. */
  hash(password: string, queue: string, signal: AbortSignal): Promise<string>;
  /** Stands in front of the computations. */
  readonly gate: Gate;
}

interface PasswordsOptions {
  readonly clock: Clock;
  readonly took: NonNullable<Argon2Options['took']>;
}

export function createPasswords({ clock, took }: PasswordsOptions): Passwords {
  const argon2 = createArgon2(LIMITS, { tags, took, gateName: 'passwords' });
  const refuse = (retryAfter: number) => sessionErrors.tooManySignIns({ retryAfter });
  const attempts = createAttempts({ ...FAILURES, clock, refuse });
  // Random, so no password belongs to it.
  const nobodys = [TAG, randomBytes(SALT_BYTES).toString('base64url'), randomBytes(HASH_BYTES).toString('base64url')];
  return {
    proves({ subject, queue, presented, stored }) {
      const verify = () => argon2.verify(written(presented), stored ?? nobodys.join('|'), queue);
      return attempts.attempt(subject, async () => (await inTurn(verify)) && stored !== null);
    },
    hash: (password, queue, signal) => inTurn(() => argon2.hash(written(password), queue, signal)),
    gate: argon2.gate,
  };
}

/** Returns the one form of what keyboards write in several ways: an accent of its own, or the letter that has it. */
function written(password: string): string {
  return password.normalize('NFKC');
}

/** The gate calls a full queue `tenant_busy`, which means nothing to a person who signs in. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isFull = error instanceof DomainError && error.definition === kernelErrors.tenantBusy.definition;
    throw isFull ? sessionErrors.tooManySignIns({ retryAfter: 1 }) : error;
  }
}
