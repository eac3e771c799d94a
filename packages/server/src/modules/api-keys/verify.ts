/** The verification of presented keys: shape, authority, verdict. */
import type { apiKeys } from '@tenant-registry/db';
import type { KeyHolder } from '../../kernel/actor.ts';
import { withinDeadline } from '../../kernel/async/deadline.ts';
import type { Context } from '../../kernel/context.ts';
import { toDomainError } from '../../kernel/errors/to-domain-error.ts';
import { statuses, tooLate } from '../../kernel/errors.ts';
import { holderIn } from './holder.ts';
import { isKeyShaped } from './key-format.ts';
import {
  type BatchedVerdict,
  type RefusalCode,
  type RefusedApiKey,
  refusalCodes,
  type Verdict,
  type VerifyApiKey,
} from './schema.ts';
import { refusalOf } from './verdict.ts';

type VerifyContext = Pick<Context, 'apiKeys' | 'clock'>;

/** The share of a request's time that the verdicts of a batch may take: the rest is for its answer. */
const VERDICTS_TIME_SHARE = 0.9;

/** Returns the name under which wrong keys of a product are counted: the address of the people behind it is not known. */
export function productAt(address: string | null): string {
  return `internal ${address}`;
}

/**
 * Tells whether a presented key may be used, from what is true at a moment between the call and the answer. A reason
 * other than `not_found` is given only to a caller that proved that it holds the secret; what cannot be a key costs
 * nothing, and an unknown prefix one indexed read. Does not wait when memory may be answered from. `caller` names who
 * asks, by whom wrong keys are counted; it is called only when a key has to be proved.
 * Throws `unavailable`, `overloaded`, `too_many_attempts`.
 */
export function verifyApiKey(
  ctx: VerifyContext,
  input: VerifyApiKey,
  caller: () => string,
): Verdict | Promise<Verdict> {
  const start = performance.now();
  const authority = isKeyShaped(input.key) ? ctx.apiKeys.authorityOf(input.key, caller) : null;
  if (!(authority instanceof Promise)) return counted(ctx, verdictOn(ctx, authority, input), start);
  return authority.then(
    (facts) => counted(ctx, verdictOn(ctx, facts, input), start),
    (error: unknown) => {
      ctx.apiKeys.metrics.verifications.inc('error');
      throw error;
    },
  );
}

/**
 * Answers each question as `verifyApiKey` alone would, in order, with one read of the database for all keys that are not
 * remembered. A question that has no verdict, or none in time, does not keep the others from theirs: its answer says why.
 * Throws the first reason when none has a verdict.
 */
export async function verifyApiKeys(
  ctx: VerifyContext & Pick<Context, 'constraints' | 'deadline'>,
  questions: readonly VerifyApiKey[],
  caller: () => string,
): Promise<{ readonly answers: BatchedVerdict[] }> {
  const timeMs = ctx.deadline.leftMs() * VERDICTS_TIME_SHARE;
  const asked = questions.map(async (question) => {
    const answer = verifyApiKey(ctx, question, caller);
    return answer instanceof Promise ? withinDeadline(answer, timeMs, tooLate) : answer;
  });
  const settled = await Promise.allSettled(asked);
  const [first] = settled;
  if (first?.status === 'rejected' && settled.every(({ status }) => status === 'rejected')) throw first.reason;
  return { answers: settled.map((each) => answerOf(each, ctx.constraints)) };
}

function answerOf(settled: PromiseSettledResult<Verdict>, constraints: Context['constraints']): BatchedVerdict {
  if (settled.status === 'fulfilled') return { verdict: settled.value, problem: null };
  const { definition, extras, message } = toDomainError(settled.reason, constraints);
  const { code, status } = definition;
  if (code === 'internal') throw settled.reason; // a failure of the registry, which its log must tell
  const problem = { code, status: statuses[status].http, detail: message, retry_after: extras.retryAfter ?? null };
  return { verdict: null, problem };
}

/**
 * Resolves to who holds the key, to the reason why a proved key may not be used, or to null for a key of no tenant. The
 * key of a frozen tenant still reads. Throws what `verifyApiKey` throws.
 */
export async function holderOfApiKey(
  ctx: VerifyContext,
  key: string,
  from: string,
): Promise<KeyHolder | RefusalCode | null> {
  const facts = isKeyShaped(key) ? await ctx.apiKeys.authorityOf(key, () => from) : null;
  if (facts === null) return null;
  const now = ctx.clock();
  const refusal = refusalOf(facts, { scopes: [], access: 'read' }, now);
  if (refusal !== null) return refusal;
  ctx.apiKeys.lastUsed.saw(facts.id, now);
  return holderIn(facts);
}

function verdictOn(ctx: VerifyContext, facts: apiKeys.ApiKeyAuthority | null, question: VerifyApiKey): Verdict {
  if (facts === null) return refused.not_found;
  const now = ctx.clock();
  const code = refusalOf(facts, question, now);
  if (code !== null) return refused[code];
  ctx.apiKeys.lastUsed.saw(facts.id, now);
  return acceptance(facts);
}

const nothing: Omit<RefusedApiKey, 'valid' | 'code'> = {
  key_id: null,
  tenant_id: null,
  tenant_slug: null,
  tenant_status: null,
  project_id: null,
  scopes: [],
  expires_at: null,
};

const refused = Object.fromEntries(
  refusalCodes.map((code): [RefusalCode, RefusedApiKey] => [code, { valid: false, code, ...nothing }]),
) as Readonly<Record<RefusalCode, RefusedApiKey>>; // one for each code

/** Of equal facts the acceptance is the same: while they are remembered, so is it. */
const acceptances = new WeakMap<apiKeys.ApiKeyAuthority, Verdict>();

function acceptance(facts: apiKeys.ApiKeyAuthority): Verdict {
  let known = acceptances.get(facts);
  if (known === undefined) {
    const { id: key_id, tenant_id, tenant_slug, tenant_status, project_id, expires_at } = facts;
    const names = { key_id, tenant_id, tenant_slug, tenant_status, project_id };
    known = { valid: true, code: 'valid', ...names, scopes: [...facts.scopes], expires_at };
    acceptances.set(facts, known);
  }
  return known;
}

function counted({ apiKeys: { metrics } }: VerifyContext, verdict: Verdict, start: number): Verdict {
  metrics.verifications.inc(verdict.code);
  metrics.verifySeconds.observe((performance.now() - start) / 1000);
  return verdict;
}
