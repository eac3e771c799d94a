// engine: none
import { expect, test } from 'vitest';
import { hostBits, isMapped, overlap, parseAddress, parseCidr } from './ip.ts';

test.each([
  ['0.0.0.0', 4, 0n],
  ['10.20.4.7', 4, 0x0a140407n],
  ['255.255.255.255', 4, 0xffffffffn],
  ['::', 6, 0n],
  ['::1', 6, 1n],
  ['1::', 6, 1n << 112n],
  ['fd00:20::7', 6, (0xfd00n << 112n) | (0x20n << 96n) | 7n],
  ['FD00:20::7', 6, (0xfd00n << 112n) | (0x20n << 96n) | 7n],
  ['fd00:0020:0000:0000:0000:0000:0000:0007', 6, (0xfd00n << 112n) | (0x20n << 96n) | 7n],
  ['1:2:3:4:5:6:7:8', 6, 0x00010002000300040005000600070008n],
  ['1:2:3:4:5:6:7::', 6, 0x00010002000300040005000600070000n],
  ['::2:3:4:5:6:7:8', 6, 0x00000002000300040005000600070008n],
  ['1:2:3:4:5:6:10.20.4.7', 6, 0x0001000200030004000500060a140407n],
  ['::10.20.4.7', 6, 0x0a140407n],
  ['::ffff:10.20.4.7', 6, (0xffffn << 32n) | 0x0a140407n],
  ['ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255', 6, (1n << 128n) - 1n],
] as const)('%s is an address', (text, family, value) => {
  expect(parseAddress(text)).toEqual({ family, value });
  const length = family === 4 ? 32 : 128;
  for (const prefix of [0, 1, length])
    expect(parseCidr(`${text}/${prefix}`), `/${prefix}`).toEqual({ family, value, prefix });
  expect(parseCidr(`${text}/${length + 1}`)).toBeUndefined();
});

/** Texts that programs take for addresses, each program for another one. */
const notAddresses = [
  ...['', ' ', '10', '10.1', '10.1.2', '10.1.2.3.4', '10.20.4.', '.10.20.4', '10..20.4', '10.20.4.256', '10.20.4.-1'],
  ...['010.20.4.7', '10.20.4.07', '10.20.4.00', '0x0a.20.4.7', '0x0a140407', '169083911', '1e1.0.0.1', '+10.20.4.7'],
  ...[' 10.20.4.7', '10.20.4.7 ', '10.20.4.7\n', '10.20.4.7\0', '10.20.4.7:80', '10.20.4.7/32', 'a.b.c.d', 'localhost'],
  ...['١٠.٢٠.٤.٧', '１０.20.4.7', '10。20。4。7', '10.20.4.7%eth0'],
  ...[':', ':::', '1', '1:2', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2::3', '1::2:3:4:5:6:7:8', ':1::2', '1::2:'],
  ...[
    '12345::',
    'g::',
    '::1 ',
    ' ::1',
    '::1\n',
    '[::1]',
    '::1]',
    '[::1',
    'fe80::1%eth0',
    'fe80::1%251',
    '::1/128',
    '::1:',
  ],
  ...[
    '::10.1',
    '::10.20.4',
    '::10.20.4.256',
    '::10.20.4.07',
    '::10.20.4.7:1',
    '1:2:3:4:5:6:7:10.20.4.7',
    '10.20.4.7::',
  ],
  ...['::０', '::ａ', '::1@x', '::1#x', '::1?x', '::1\\', '::x.y.z.w'],
];

test.each(notAddresses)('%j is no address', (text) => {
  expect(parseAddress(text)).toBeUndefined();
  expect(parseCidr(`${text}/24`)).toBeUndefined();
});

test.each([
  ...['10.20.0.0', '10.20.0.0/', '/16', '10.20.0.0/016', '10.20.0.0/-1', '10.20.0.0/+16', '10.20.0.0/16.0', '10/8'],
  ...['10.20.0.0/ 16', '10.20.0.0/16 ', '10.20.0.0/16\n', '10.20.0.0/1e1', '10.20.0.0/0x10', '10.20.0.0/255.255.0.0'],
  ...['10.20.0.0/16/16', '10.20.0.0/١٦', 'fd00::/064', 'fd00::/1000', '[fd00::]/64', 'fd00::%eth0/64', '10.20/16'],
])('%j is no range', (text) => {
  expect(parseCidr(text)).toBeUndefined();
});

const range = (text: string) => {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Error(`${text} is no range`);
  return parsed;
};

test.each([
  ['10.0.0.0/8', false],
  ['10.0.0.1/8', true],
  ['10.0.0.1/32', false],
  ['0.0.0.0/0', false],
  ['128.0.0.0/0', true],
  ['fd00::/64', false],
  ['fd00:0:0:0:8000::/64', true],
  ['fd00::1/128', false],
])('%s has bits after its prefix: %s', (text, has) => {
  expect(hostBits(range(text))).toBe(has);
});

test.each([
  ['::ffff:10.0.0.1', true],
  ['::ffff:0:0', true],
  ['::ffff:ffff:ffff', true],
  ['::fffe:ffff:ffff', false],
  ['::1:0:0:0', false],
  ['::10.0.0.1', false],
  ['10.0.0.1', false],
])('%s is IPv4 written as IPv6: %s', (text, is) => {
  expect(isMapped(range(`${text}/${text.includes(':') ? 128 : 32}`))).toBe(is);
});

test.each([
  ['10.0.0.0/8', '10.255.255.255/32', true],
  ['10.0.0.0/8', '11.0.0.0/8', false],
  ['169.0.0.0/8', '169.254.0.0/16', true],
  ['0.0.0.0/0', '255.0.0.0/8', true],
  ['::/0', '10.0.0.0/8', false],
  ['fd00::/64', 'fd00:0:0:1::/64', false],
  ['fd00::/63', 'fd00:0:0:1::/64', true],
])('%s and %s have an address in common: %s', (one, other, have) => {
  expect([overlap(range(one), range(other)), overlap(range(other), range(one))]).toEqual([have, have]);
});
