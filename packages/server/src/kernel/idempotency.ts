/**
 * A request that is sent twice is done once (draft-ietf-httpapi-idempotency-key-header-07). Only successes are kept:
 * a failed request wrote nothing, so repeating it is safe and may succeed.
 */
import { createHash, randomUUID } from 'node:crypto';
import { idempotency } from '@tenant-registry/db';
import type { Actor } from './actor.ts';
import { addDays } from './clock.ts';
import type { ActorContext } from './context.ts';
import { defineError } from './errors.ts';
import { mayPass, settleLater, settleNowOrLater } from './idempotency/settle.ts';

const KEY = /^[\x21-\x7e]{1,255}$/;
const LEASE_MS = 60_000;
const LIFE_DAYS = 1;

export const idempotencyErrors = {
  invalidKey: defineError({
    code: 'invalid_idempotency_key',
    status: 'BAD_REQUEST',
    detail: 'Idempotency-Key must be 1 to 255 visible ASCII characters.',
  }),
  inFlight: defineError({
    code: 'idempotency_key_in_flight',
    status: 'CONFLICT',
    detail: 'The first request with this Idempotency-Key is still under way: try again.',
  }),
  outcomeLost: defineError({
    code: 'idempotency_outcome_lost',
    status: 'CONFLICT',
    detail: 'The first request with this Idempotency-Key was carried out, but its answer was lost: read the resource.',
  }),
  reused: defineError({
    code: 'idempotency_key_reused',
    status: 'UNPROCESSABLE_CONTENT',
    detail: 'This Idempotency-Key was used for another request: make a new one.',
  }),
} as const;

export interface IdempotentRequest {
  readonly procedure: string;
  readonly input: unknown;
  /** Top-level fields of the answer that are secret: they are never stored, so a replay comes without them. */
  readonly secretFields: readonly string[];
}

export type IdempotentOutcome<T> =
  | { readonly replayed: false; readonly result: T }
  | { readonly replayed: true; readonly body: unknown };

interface Result {
  readonly ok: boolean;
  readonly data?: unknown;
}

/**
 * Runs the work once per key, principal and day. A repetition gets the stored answer; with another input it throws
 * `idempotency_key_reused`, while the first is under way `idempotency_key_in_flight`. The work gets a context in which
 * `transact` marks the key inside its own transaction.
 */
export async function idempotent<T extends Result>(
  ctx: Pick<ActorContext, 'actor' | 'clock' | 'root'> & { readonly idempotencyKey: string },
  request: IdempotentRequest,
  work: (claim: idempotency.IdempotencyClaim) => Promise<T>,
): Promise<IdempotentOutcome<T>> {
  if (!KEY.test(ctx.idempotencyKey)) throw idempotencyErrors.invalidKey();
  const claim = {
    principal: capacityOf(ctx.actor),
    key: ctx.idempotencyKey,
    request_hash: createHash('sha256')
      .update(JSON.stringify([request.procedure, sorted(request.input)]))
      .digest('base64url'),
    claim_id: randomUUID(),
  };
  const now = ctx.clock();
  const leaseUntil = new Date(now.getTime() + LEASE_MS);
  const giveBack = () => idempotency.deleteIdempotencyClaim(ctx.root, claim);
  const times = { now, leaseUntil, expiredBefore: idempotencyExpiry(now) };
  const claimed = await idempotency.claimIdempotencyKey(ctx.root, claim, times).catch((error: unknown) => {
    // The claim may have been made, and its confirmation lost.
    if (mayPass(error)) settleLater(ctx.root, giveBack, LEASE_MS);
    throw error;
  });
  if (!claimed) return { replayed: true, body: await storedAnswer(ctx, claim) };
  const result = await work(claim);
  const keep = () => {
    const body = JSON.stringify(withoutFields(result.data, request.secretFields) ?? null);
    return idempotency.updateIdempotencyAnswer(ctx.root, claim, body, now);
  };
  await settleNowOrLater(ctx.root, result.ok ? keep : giveBack, LEASE_MS);
  return { replayed: false, result };
}

/** Separates the answers of one person by capacity: acting for another tenant must not replay the answers of the last. */
function capacityOf({ principal, tenant_id }: Actor): string {
  return tenant_id === null ? principal : `${principal} in ${tenant_id}`;
}

/** Returns the time before which keys are forgotten. */
export function idempotencyExpiry(now: Date): Date {
  return addDays(now, -LIFE_DAYS);
}

async function storedAnswer(
  { root, clock }: Pick<ActorContext, 'root' | 'clock'>,
  claim: idempotency.IdempotencyClaim,
): Promise<unknown> {
  const row = await idempotency.findIdempotencyKey(root, claim.principal, claim.key);
  if (row === undefined) throw idempotencyErrors.inFlight(); // given back this instant
  if (row.request_hash !== claim.request_hash) throw idempotencyErrors.reused();
  if (row.body !== null) return JSON.parse(row.body);
  // Between the commit and the stored answer lies a moment: only when the lease is over has the answer been lost.
  const lost = row.committed_at !== null && new Date(row.lease_until) < clock();
  throw lost ? idempotencyErrors.outcomeLost() : idempotencyErrors.inFlight({ retryAfter: 1 });
}

/** Sorts members by name, so that their order does not make another input. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}

/** Returns the answer without those of its top-level fields. */
export function withoutFields(data: unknown, fields: readonly string[] = []): unknown {
  if (typeof data !== 'object' || data === null || fields.length === 0) return data;
  return Object.fromEntries(Object.entries(data).filter(([name]) => !fields.includes(name)));
}
