import { describe, expect, test } from 'vitest';
import type { Failure } from '../src/answer.ts';
import { retryDelayMs } from '../src/retry.ts';

const answer = (status: number, code?: string, retryAfter?: number): Failure => ({
  type: 'answer',
  status,
  problem: code === undefined ? undefined : problemOf(status, code),
  requestId: undefined,
  retryAfter,
});
const problemOf = (status: number, code: string) =>
  JSON.parse(JSON.stringify({ type: '', title: '', status, detail: '', instance: '', code }));
const network = (refused: boolean): Failure => ({ type: 'network', refused, cause: new Error('fetch failed') });

interface Row {
  readonly what: string;
  readonly failure: Failure;
  readonly query: boolean;
  readonly mutation: boolean;
}

const rows: readonly Row[] = [
  { what: 'a connection that was refused', failure: network(true), query: true, mutation: true },
  { what: 'a connection that broke', failure: network(false), query: true, mutation: false },
  { what: '429', failure: answer(429), query: true, mutation: true },
  { what: '429 with Retry-After', failure: answer(429, undefined, 1), query: true, mutation: true },
  { what: '503 overloaded with Retry-After', failure: answer(503, 'overloaded', 1), query: true, mutation: true },
  { what: '503 overloaded without Retry-After', failure: answer(503, 'overloaded'), query: true, mutation: false },
  { what: '503 of a lost database', failure: answer(503, 'unavailable', 1), query: true, mutation: false },
  { what: '503 of a proxy', failure: answer(503, undefined, 1), query: true, mutation: false },
  { what: '500', failure: answer(500, 'internal'), query: false, mutation: false },
  { what: '502', failure: answer(502), query: false, mutation: false },
  { what: '504', failure: answer(504), query: false, mutation: false },
  { what: '409', failure: answer(409, 'slug_taken'), query: false, mutation: false },
  { what: '404', failure: answer(404, 'not_found'), query: false, mutation: false },
  { what: '401', failure: answer(401, 'unauthenticated'), query: false, mutation: false },
  { what: '400', failure: answer(400, 'invalid_input'), query: false, mutation: false },
  { what: '200 that is no result', failure: answer(200), query: false, mutation: false },
];

const decide = (type: 'query' | 'mutation', failure: Failure) =>
  retryDelayMs({ type, failure, failed: 1, retries: 2 }, () => 0) !== undefined;

test.each(rows)('after $what: a query is repeated: $query, a mutation: $mutation', ({ failure, query, mutation }) => {
  expect({ query: decide('query', failure), mutation: decide('mutation', failure) }).toEqual({ query, mutation });
});

describe('the pause', () => {
  const delay = (failed: number, failure: Failure, random = 0, retries = 10) =>
    retryDelayMs({ type: 'query', failure, failed, retries }, () => random);

  test('doubles with each failure, up to 5 s', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map((failed) => delay(failed, answer(503)))).toEqual([
      200, 400, 800, 1600, 3200, 5000, 5000,
    ]);
  });

  test('is shortened by chance, to half at the most', () => {
    expect([0, 0.5, 0.999].map((random) => delay(1, answer(503), random))).toEqual([200, 150, 100]);
  });

  test('is never shorter than Retry-After, and clients that were told the same time still spread out', () => {
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
