// engine: none
import { describe, expect, test } from 'vitest';
import type { Failure } from '../src/calls/answer.ts';
import { retryDelayMs } from '../src/calls/retry.ts';

const answer = (status: number, code?: string, retryAfter?: number): Failure => ({
  type: 'answer',
  status,
  problem: code === undefined ? undefined : problemOf(status, code),
  requestId: undefined,
  retryAfter,
});
const problemOf = (status: number, code: string) =>
  JSON.parse(JSON.stringify({ type: '', title: '', status, detail: '', instance: '', code }));
const network: Failure = { type: 'network', cause: new Error('fetch failed') };

interface Row {
  readonly after: string;
  readonly failure: Failure;
  readonly repeated: boolean;
}

/** Holds for queries and mutations: with its idempotency key a repeated mutation makes at most one change. */
const matrix: readonly Row[] = [
  { after: 'a connection that was refused or broke', failure: network, repeated: true },
  { after: '429 of a proxy', failure: answer(429), repeated: true },
  { after: '429 with Retry-After', failure: answer(429, undefined, 1), repeated: true },
  { after: '429 for wrong keys', failure: answer(429, 'too_many_attempts', 1), repeated: false },
  { after: '503 overloaded', failure: answer(503, 'overloaded', 1), repeated: true },
  { after: '503 unavailable', failure: answer(503, 'unavailable', 1), repeated: true },
  { after: '503 of a proxy', failure: answer(503), repeated: true },
  {
    after: '409 while the first attempt is pending',
    failure: answer(409, 'idempotency_key_in_flight', 1),
    repeated: true,
  },
  {
    after: '409 when the outcome of the first attempt is lost',
    failure: answer(409, 'idempotency_outcome_lost'),
    repeated: false,
  },
  { after: '409 of a conflict', failure: answer(409, 'slug_taken'), repeated: false },
  { after: '409 of a proxy', failure: answer(409), repeated: false },
  { after: '422 for a reused idempotency key', failure: answer(422, 'idempotency_key_reused'), repeated: false },
  { after: '412', failure: answer(412, 'precondition_failed'), repeated: false },
  { after: '404', failure: answer(404, 'not_found'), repeated: false },
  { after: '403', failure: answer(403, 'forbidden'), repeated: false },
  { after: '401', failure: answer(401, 'unauthenticated'), repeated: false },
  { after: '400', failure: answer(400, 'invalid_input'), repeated: false },
  { after: '500', failure: answer(500, 'internal'), repeated: false },
  { after: '502', failure: answer(502), repeated: false },
  { after: '504', failure: answer(504), repeated: false },
  { after: '200 without a result', failure: answer(200), repeated: false },
];

test.each(matrix)('after $after: repeated $repeated', ({ failure, repeated }) => {
  expect(retryDelayMs({ failure, failed: 1, retries: 2 }, () => 0) !== undefined).toBe(repeated);
});

describe('the pause', () => {
  const delay = (failed: number, failure: Failure, random = 0, retries = 10) =>
    retryDelayMs({ failure, failed, retries }, () => random);

  test('doubles with each failure, up to 5 s', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map((failed) => delay(failed, answer(503)))).toEqual([
      200, 400, 800, 1600, 3200, 5000, 5000,
    ]);
  });

  test('is shortened by chance, to half at most', () => {
    expect([0, 0.5, 0.999].map((random) => delay(1, answer(503), random))).toEqual([200, 150, 100]);
  });

  test('is never shorter than Retry-After, and spreads out clients that got one Retry-After', () => {
    expect([0, 0.5, 0.999].map((random) => delay(1, answer(503, 'overloaded', 3), random))).toEqual([3200, 3150, 3100]);
  });

  test('is not made when Retry-After asks for more than 30 s', () => {
    expect(delay(1, answer(429, undefined, 30))).toBe(30_200);
    expect(delay(1, answer(429, undefined, 31))).toBeUndefined();
  });

  test('is not made when the retries are used up', () => {
    expect([1, 2, 3].map((failed) => delay(failed, answer(503), 0, 2))).toEqual([200, 400, undefined]);
    expect(delay(1, answer(503), 0, 0)).toBeUndefined();
  });
});
