/** Reads the registry's answer to one attempt: an output, or a failure with everything that the answer tells. */
import { isObject, type Problem, problemIn } from '../problem.ts';

/** The output of a call, with the metadata that the registry sent beside it. */
export interface Answer<Output> {
  readonly data: Output;
  /** The version of the resource, for `ifMatch`; undefined where the answer is not one resource. */
  readonly etag: string | undefined;
  /** Finds the request in the registry's log and audit rows. */
  readonly requestId: string | undefined;
  /** True when an earlier request with this idempotency key made the change: its answer is repeated, without secrets. */
  readonly replayed: boolean;
}

/** Why an attempt gave no result. */
export type Failure =
  /** The registry did not answer, or the connection broke in the middle of the answer. */
  | { readonly type: 'network'; readonly cause: unknown }
  /** An answer other than a result. An answer without a problem comes from another server than the registry. */
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly problem: Problem | undefined;
      readonly requestId: string | undefined;
      /** In seconds. */
      readonly retryAfter: number | undefined;
    };

export interface RawAnswer {
  readonly status: number;
  readonly headers: Pick<Headers, 'get'>;
  readonly text: string;
}

/** Returns the JSON of a success, undefined for a 204, or the failure. `now` turns a Retry-After date into seconds. */
export function readAnswer(raw: RawAnswer, now: Date): Answer<unknown> | Failure {
  const { status, headers, text } = raw;
  const isJson = headers.get('content-type')?.startsWith('application/json') === true;
  const data = status !== 204 && isJson ? parse(text) : undefined;
  const succeeded = status >= 200 && status < 300;
  // Every output is an object: the page of a proxy is none.
  if (!succeeded || (status !== 204 && !isObject(data))) return failureOf(raw, now);
  return {
    data,
    etag: headers.get('etag') ?? undefined,
    requestId: headers.get('x-request-id') ?? undefined,
    replayed: headers.get('idempotency-replayed') === 'true',
  };
}

/** Returns the failure that an answer without the expected result stands for. */
export function failureOf({ status, headers, text }: RawAnswer, now: Date): Failure {
  const problem = status >= 200 && status < 300 ? undefined : problemIn(parse(text));
  return {
    type: 'answer',
    status,
    problem,
    // Browsers hide the header from scripts of another origin; the problem carries the id as well.
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

/** Reads both forms of Retry-After (RFC 9110), seconds and a date, as seconds from now. */
function retryAfterOf(header: string | null, now: Date): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header);
  const seconds = Math.ceil((Date.parse(header) - now.getTime()) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
