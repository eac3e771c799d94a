// engine: none
import { expect, test } from 'vitest';
import { failureError } from '../src/calls/failure-error.ts';
import type { Problem } from '../src/problem.ts';

function messageFor(fields: { readonly detail?: string; readonly errors?: unknown }): string {
  const problem = { code: 'invalid_input', status: 400, detail: 'The input is wrong.', ...fields } as Problem;
  const failure = { type: 'answer', status: 400, problem, requestId: 'request-1', retryAfter: undefined } as const;
  return failureError('tenants.create', failure, 'token').message;
}

const mistakes = (...pointers: readonly string[]) =>
  pointers.map((pointer) => ({ pointer, message: `is bad${pointer}` }));

test('the message names the fields at fault and what is wrong with each', () => {
  const errors = [
    { pointer: '/slug', message: 'must be 3 to 40 lower case letters' },
    { pointer: '/name', message: 'must not be empty' },
  ];
  expect(messageFor({ errors })).toBe(
    'tenants.create: The input is wrong: /slug must be 3 to 40 lower case letters; /name must not be empty (invalid_input, request request-1)',
  );
});

test('the message names three fields and counts the others', () => {
  expect(messageFor({ errors: mistakes('/a', '/b', '/c') })).toContain(
    'wrong: /a is bad/a; /b is bad/b; /c is bad/c (inv',
  );
  expect(messageFor({ errors: mistakes('/a', '/b', '/c', '/d', '/e') })).toContain('/c is bad/c (and 2 more) (inv');
});

test('a field that the detail names already is not named twice', () => {
  const [first, second] = mistakes('/a', '/b');
  expect(messageFor({ detail: 'The input is wrong: /a is bad/a.', errors: [first] })).toBe(
    'tenants.create: The input is wrong: /a is bad/a. (invalid_input, request request-1)',
  );
  expect(messageFor({ detail: 'Wrong: /a is bad/a.', errors: [first, second] })).toContain(
    '/a is bad/a: /b is bad/b (',
  );
});

test('a mistake of the input as a whole has a subject too, and a long text is cut', () => {
  expect(messageFor({ errors: [{ pointer: '', message: 'must be an object' }] })).toContain(
    ': the input must be an object (',
  );
  expect(messageFor({ errors: [{ pointer: '/a', message: 'x'.repeat(10_000) }] }).length).toBeLessThan(300);
});

test.each([[undefined], ['text'], [null], [[]], [[null, 1, {}, { pointer: 1, message: 'x' }, { pointer: '/a' }]]])(
  'a problem whose errors are not as documented (%j) still has its detail as message',
  (errors) => {
    expect(messageFor({ errors })).toBe('tenants.create: The input is wrong. (invalid_input, request request-1)');
  },
);
