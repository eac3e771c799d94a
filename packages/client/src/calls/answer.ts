/** Reads what came back: a result of tRPC, or a failure that says as much as the answer does. */
import { isObject, type Problem, problemIn } from '../problem.ts';

/** What a call gives, with what the registry says about it. */
export interface Answer<Output> {
  readonly data: Output;
  /** The version of the resource, for `ifMatch`; undefined where the answer is not one resource. */
  readonly etag: string | undefined;
  /** Finds the request in the registry's log and audit rows. */
  readonly requestId: string | undefined;
  /** The change was made by an earlier request with the same idempotency key. Its answer comes again, without secrets. */
  readonly replayed: boolean;
}

/** Why an attempt did not bring a result. */
export type Failure =
  /** No answer, or the connection broke in the middle of it. */
  | { readonly type: 'network'; readonly cause: unknown }
  /** An answer that is not a result; without a problem, it is not one of the registry. */
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly problem: Problem | undefined;
      readonly requestId: string | undefined;
      /** Seconds. */
      readonly retryAfter: number | undefined;
    };

export interface RawAnswer {
  readonly status: number;
  readonly headers: Pick<Headers, 'get'>;
  readonly text: string;
}

/** Returns what is in tRPC's envelope of a result, or the failure. `now` is for a Retry-After that is a date. */
export function readAnswer(raw: RawAnswer, now: Date): Answer<unknown> | Failure {
  const { status, headers, text } = raw;
  const parsed = parse(text);
  const succeeded = status >= 200 && status < 300;
  if (!succeeded || !isObject(parsed) || !isObject(parsed['result'])) return failureOf(raw, now);
  return {
    data: parsed['result']['data'],
    etag: headers.get('etag') ?? undefined,
    requestId: headers.get('x-request-id') ?? undefined,
    replayed: headers.get('idempotency-replayed') === 'true',
  };
}

/** Returns the failure that an answer is when it is not the one that was asked for. */
export function failureOf({ status, headers, text }: RawAnswer, now: Date): Failure {
  const problem = status >= 200 && status < 300 ? undefined : problemIn(parse(text));
  return {
    type: 'answer',
    status,
    problem,
    // Another origin's script may not see the header in a browser: the problem has the id too.
    requestId: headers.get('x-request-id') ?? problem?.instance,
    retryAfter: retryAfterOf(headers.get('retry-after'), now),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Seconds from now, from either form of Retry-After (RFC 9110): seconds, or a date. */
function retryAfterOf(header: string | null, now: Date): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header);
  const seconds = Math.ceil((Date.parse(header) - now.getTime()) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
