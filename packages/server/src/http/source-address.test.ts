// engine: none
import { expect, test } from 'vitest';
import { sourceAddress } from './source-address.ts';

const of = (ip: string, remoteAddress?: string) =>
  sourceAddress({ ip, socket: { remoteAddress } as Parameters<typeof sourceAddress>[0]['socket'] });

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['192.0.2.7:51234', '192.0.2.7'],
  ['2001:db8::7', '2001:db8::7'],
  ['[2001:db8::7]:51234', '2001:db8::7'],
  ['[2001:db8::7]', '2001:db8::7'],
  ['fe80::7%eth0', 'fe80::7'],
  ['::ffff:192.0.2.7', '::ffff:192.0.2.7'],
])('%s is the address %s', (ip, address) => {
  expect(of(ip, '10.0.0.1')).toBe(address);
});

test.each(['', 'unknown', '_hidden', '192.0.2.7 ', '999.1.1.1', '192.0.2.7:x', "' or 1=1"])(
  'what a proxy forwards that is no address, such as %j, counts as the proxy',
  (ip) => {
    expect(of(ip, '10.0.0.1')).toBe('10.0.0.1');
    expect(of(ip, 'fe80::1%en0')).toBe('fe80::1');
  },
);

test('of a connection that is gone there is none', () => {
  expect(of(undefined as unknown as string)).toBeNull();
});
