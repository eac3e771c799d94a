// engine: none
import { EtcdError, type EtcdErrorKind } from '@tenant-registry/etcd';
import { expect, test } from 'vitest';
import { plainly } from './plainly.ts';

test.each<[EtcdErrorKind, string]>([
  ['unavailable', 'ETCD_ENDPOINTS'],
  ['unknown_outcome', 'repeat the command'],
  ['no_space', 'docs/operations.md'],
  ['unauthenticated', 'ETCD_PASSWORD_FILE'],
  ['permission_denied', 'ETCD_PREFIX'],
])('an error %s of etcd is told with what to do, without the words of gRPC', (kind, part) => {
  const text = plainly(new EtcdError(kind, '14 UNAVAILABLE: No connection established (unavailable)'));
  expect(text).toContain(part);
  expect(text).not.toContain('UNAVAILABLE');
});

test('another error has its own words, without passwords', () => {
  expect(plainly(new Error('postgres://me:secret@host/db is away'))).toBe('postgres://me:***@host/db is away');
});
