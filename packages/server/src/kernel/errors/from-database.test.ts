// engine: none
import { expect, test } from 'vitest';
import { fromDatabase } from './from-database.ts';

const problemOf = (error: object) => fromDatabase(error, new Map())?.definition.code;

// https://www.postgresql.org/docs/16/errcodes-appendix.html
test.each([
  ['40001', 'serialization_failure'],
  ['40P01', 'deadlock_detected'],
  ['55P03', 'lock_not_available'],
  ['57014', 'query_canceled, which is what a statement timeout is'],
])('%s (%s) asks the caller to try again', (code) => {
  expect(problemOf({ code })).toBe('overloaded');
});

test.each(['08006', '28000', '28P01', '57P01', '25P03', '53300', '25006', 'ECONNREFUSED'])(
  '%s means that there is no database',
  (code) => {
    expect(problemOf({ code })).toBe('unavailable');
  },
);

// The driver throws these without a code.
test.each([
  'timeout exceeded when trying to connect',
  'Connection terminated unexpectedly',
  'Client has encountered a connection error and is not queryable',
])('%s means that there is no database', (message) => {
  expect(problemOf(new Error(message))).toBe('unavailable');
});

test('a login that is refused for any reason means that there is no database', () => {
  expect(problemOf({ code: '3D000', severity: 'FATAL' })).toBe('unavailable');
  expect(problemOf({ code: '3D000', severity: 'ERROR' })).toBeUndefined();
});

test.each(['42P01', '22P02', '23505', undefined])(
  '%s is a defect of the registry, and no more is said of it',
  (code) => {
    expect(problemOf({ code })).toBeUndefined();
  },
);
