// engine: none
import { expect, test } from 'vitest';
import { EtcdError, meaningOf, Refusal, toEtcdError } from '../src/errors.ts';
import { createEtcd, supportedVersion } from '../src/index.ts';
import { createRing } from '../src/ring.ts';

test.each([
  ['3.4.0', true],
  ['3.4.23', true],
  ['v3.6.4', true],
  ['3.5.3', true],
  ['3.5.13-rc.0', true],
  ['4.0.0', true],
  ['3.5.0', false],
  ['3.5.1', false],
  ['3.5.2', false],
  ['3.3.25', false],
  ['2.3.8', false],
  ['3.5', false],
  ['', false],
  ['not a version', false],
])('whether version %s may hold data: %s', (version, supported) => {
  expect(supportedVersion(version)).toBe(supported);
});

test.each([
  [8, 'etcdserver: mvcc: database space exceeded', 'no_space', true],
  [3, 'etcdserver: too many operations in txn request', 'too_large', true],
  [3, 'etcdserver: request is too large', 'too_large', true],
  [8, 'grpc: received message larger than max (3 vs. 2)', 'too_large', true],
  [8, 'Received message larger than max (3 vs 2)', 'too_large', false],
  [11, 'etcdserver: mvcc: required revision has been compacted', 'compacted', true],
  [7, 'etcdserver: permission denied', 'permission_denied', true],
  [16, 'etcdserver: invalid auth token', 'unauthenticated', true],
  [3, 'etcdserver: authentication failed, invalid user ID or password', 'unauthenticated', true],
  [14, 'etcdserver: no leader', 'unavailable', true],
  [8, 'etcdserver: too many requests', 'unavailable', true],
  [14, 'etcdserver: request timed out', 'unavailable', false],
  [14, 'etcdserver: request timed out, possibly due to previous leader failure', 'unavailable', false],
  [14, 'Connection dropped', 'unavailable', false],
  [4, 'Deadline exceeded', 'unavailable', false],
  [2, 'an error that is not known', 'unavailable', false],
  [13, 'Received RST_STREAM with code 2', 'unavailable', false],
  [3, 'etcdserver: duplicate key given in txn request', 'internal', true],
])('%d %s means %s; a write was certainly not done: %s', (code, details, kind, refused) => {
  expect(meaningOf({ code, details })).toMatchObject({ kind, refused });
});

test('what is thrown is an EtcdError with its kind, and mistakes of other code stay what they are', () => {
  const error = toEtcdError(new Refusal({ code: 7, details: 'etcdserver: permission denied' }));
  expect(error).toBeInstanceOf(EtcdError);
  expect(error).toMatchObject({ kind: 'permission_denied' });
  const mistake = new TypeError('a mistake');
  expect(toEtcdError(mistake)).toBe(mistake);
});

test('endpoints that are no URL of a server are refused at once', () => {
  for (const endpoint of ['127.0.0.1:2379', 'ftp://127.0.0.1:2379', 'http://127.0.0.1:2379/v3', ''])
    expect(() => createEtcd({ endpoints: [endpoint] }), endpoint).toThrow(TypeError);
  expect(() => createEtcd({ endpoints: [] })).toThrow(TypeError);
});

test('the endpoint that answered for another one is preferred, and one that failed no longer', () => {
  const ring = createRing(3, 1);
  expect(ring.order()).toEqual([1, 2, 0]);
  ring.failed(0);
  expect(ring.order()).toEqual([1, 2, 0]);
  ring.failed(1);
  expect(ring.order()).toEqual([2, 0, 1]);
  ring.answered(0);
  expect(ring.order()).toEqual([0, 1, 2]);
});
