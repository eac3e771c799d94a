/**
 * Verifies an API key without the layers that other operations go through, because products call it on every request of
 * theirs. It answers plain questions itself and hands every other one to those layers; a test holds both ways equal.
 */
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { withinDeadline } from '../kernel/async/deadline.ts';
import type { Dependencies } from '../kernel/context.ts';
import { malformed } from '../kernel/errors/malformed.ts';
import { tooLate } from '../kernel/errors.ts';
import { JSON_TYPE } from '../kernel/json-text.ts';
import { type Verdict, verdict, verifyApiKeyInput } from '../modules/api-keys/schema.ts';
import { productAt, verifyApiKey } from '../modules/api-keys/verify.ts';
import { directTexts } from './direct-answer.ts';
import type { Drain } from './drain.ts';
import { sendFailure } from './failure.ts';
import { factsOf } from './request-line.ts';
import { sourceAddress } from './source-address.ts';

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

const PROCEDURE = 'apiKeys.verify';
const NOT_ASCII = /[\u0080-\uffff]/g;

export interface FastVerifyOptions {
  readonly deps: Dependencies;
  readonly drain: Drain;
  /** How long an answer may take. */
  readonly timeoutMs: number;
  /** The handler that every operation has. */
  readonly otherwise: Handler;
  /** Headers of every answer besides the common ones. */
  readonly always: Readonly<Record<string, string>>;
}

/** Returns the handler: a caller that holds the permission and asks in the documented shape is answered, if possible at once. */
export function fastVerify({ deps, drain, timeoutMs, otherwise, always }: FastVerifyOptions): RouteHandlerMethod {
  const answer200 = directTexts(drain, { ...always, 'content-type': JSON_TYPE });
  const send = (reply: FastifyReply, verdict: Verdict) => {
    if (verdict.valid) factsOf(reply.request).tenant_id = verdict.tenant_id;
    return answer200(reply, textOf(verdict));
  };
  const fail = (reply: FastifyReply, thrown: unknown) => sendFailure(reply, thrown, deps, PROCEDURE);
  return (request, reply) => {
    const input = isPlain(request) ? verifyApiKeyInput.safeParse(request.body) : undefined;
    // Free text is in the product alone: scopes have a pattern, and a key may be any text.
    if (!input?.success || malformed(input.data.product) !== undefined) return otherwise(request, reply);
    try {
      const answer = verifyApiKey(deps, input.data, () => productAt(sourceAddress(request)));
      if (!(answer instanceof Promise)) return send(reply, answer);
      return withinDeadline(answer, timeoutMs, tooLate).then(
        (verdict) => send(reply, verdict),
        (thrown: unknown) => fail(reply, thrown),
      );
    } catch (thrown) {
      return fail(reply, thrown);
    }
  };
}

function isPlain({ query, actor }: FastifyRequest): boolean {
  if (!actor?.permissions.has('api_keys:verify')) return false;
  for (const _ in query as object) return false; // without making a list of what is nearly always nothing
  return true;
}

/** The text of each remembered verdict: it is checked by its schema and written out once. */
const texts = new WeakMap<Verdict, string>();

function textOf(answer: Verdict): string {
  let known = texts.get(answer);
  if (known === undefined) {
    known = JSON.stringify(verdict.parse(answer)).replace(NOT_ASCII, escaped);
    texts.set(answer, known);
  }
  return known;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
