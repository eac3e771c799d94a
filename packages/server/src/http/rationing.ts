/** Holds callers to their budgets, and tells them with every answer what is left. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../kernel/actor.ts';
import { type Budgets, BYTES_PER_UNIT, type Standing, type Surcharge, unitsOf } from '../kernel/budgets.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The kind of work that an operation is charged for on top of its request. */
    surcharge?: Surcharge;
    /** Callers need no credential: their body is read. */
    isPublic?: boolean;
    /** It writes the head of its usual answer itself; every other answer of it is dressed when it is sent. */
    isDirect?: boolean;
    /** The answer goes on for as long as its reader stays. */
    lasts?: boolean;
  }
}

/** The internal token is not rationed: its load is shed when there is too much of it. */
function isRationed(actor: Actor | null): actor is Actor {
  return actor !== null && actor.type !== 'internal';
}

/** Counts a request whose caller is known. Throws `rate_limited`. */
export function spend(budgets: Budgets, { actor, method, routeOptions }: FastifyRequest): void {
  // A HEAD has the head of the answer alone: the work is not done.
  if (isRationed(actor)) budgets.spend(actor, method === 'HEAD' ? undefined : routeOptions.config.surcharge);
}

/** Charges answers as they are made, and writes the tightest budget of the caller into their headers. */
export function chargeAnswers(scope: FastifyInstance, budgets: Budgets): void {
  scope.addHook('onSend', ({ actor }, reply, payload, done) => {
    if (isRationed(actor)) {
      const units = unitsOf(bytesOf(payload));
      if (units > 0) budgets.charge(actor, units);
      tell(reply, budgets.standings(actor));
    }
    done(null, payload);
  });
}

/** Returns what is to be called with the bytes of each part of a stream. */
export function chargesOf(budgets: Budgets, { actor }: FastifyRequest): (bytes: number) => void {
  let paid = 0;
  return (bytes) => {
    paid += bytes;
    const units = Math.floor(paid / BYTES_PER_UNIT);
    paid -= units * BYTES_PER_UNIT;
    if (units > 0 && isRationed(actor)) budgets.charge(actor, units);
  };
}

function tell(reply: FastifyReply, standings: readonly Standing[]): void {
  const [first, ...others] = standings;
  if (first === undefined) return;
  const { limit, remaining, reset_seconds } = others.reduce((a, b) => (b.remaining < a.remaining ? b : a), first);
  reply.headers({
    'ratelimit-limit': String(limit),
    'ratelimit-remaining': String(remaining),
    'ratelimit-reset': String(reset_seconds),
  });
}

function bytesOf(payload: unknown): number {
  if (Buffer.isBuffer(payload)) return payload.length;
  if (typeof payload !== 'string') return 0;
  // No UTF-16 unit takes more than three bytes: short text costs nothing, and need not be measured.
  return payload.length * 3 <= BYTES_PER_UNIT ? 0 : Buffer.byteLength(payload);
}
