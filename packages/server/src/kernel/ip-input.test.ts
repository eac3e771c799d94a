// engine: none
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { addressInput, rangeInput, subRangeInput } from './ip-input.ts';

/** What is said about the text; empty: nothing, it is accepted. */
const mistakes = (input: z.ZodType, text: unknown) =>
  (input.safeParse(text).error?.issues ?? []).map(({ message }) => message);

const NOT_A_RANGE = ['must be a range such as 10.20.0.0/16 or fd00:20::/64'];
const MAPPED = ['must not be IPv4 written as IPv6: write it as IPv4'];
const HOST_BITS = ['has bits set after its prefix: a range begins at its first address'];
const V4 = ['must have a prefix from /8 to /30, as every range of IPv4 here'];
const V6 = ['must have a prefix from /48 to /120, as every range of IPv6 here'];

describe('a range', () => {
  test.each([
    ...['10.0.0.0/8', '10.20.0.0/30', '192.168.0.0/16', '100.64.0.0/10', '169.253.0.0/16', '128.0.0.0/8'],
    ...['fd00::/48', 'FD00:20::/120', '2001:db8::/64', 'fd00::10.0.0.0/104', '100::/48'],
  ])('%s is accepted as it is written', (text) => {
    expect(rangeInput.parse(text)).toBe(text);
  });

  test.each([
    ...['', '10.20.0.0', '10.1/16', '010.20.0.0/16', '0x0a.20.0.0/16', ' 10.20.0.0/16', '10.20.0.0/33', '1::2::3/64'],
    ...['fe80::%1/64', '[fd00::]/64', '١٠.٢٠.٠.٠/١٦', 'fd00::/129'],
  ])('%j is none', (text) => {
    expect(mistakes(rangeInput, text)).toEqual(NOT_A_RANGE);
  });

  test.each([
    ['10.0.0.0/7', V4],
    ['0.0.0.0/0', V4],
    ['10.20.0.0/31', V4],
    ['10.20.0.1/32', V4],
    ['fd00::/47', V6],
    ['fd00::/121', V6],
    ['::/0', V6],
    ['10.0.0.1/8', HOST_BITS],
    ['fd00::1/64', HOST_BITS],
    ['::ffff:10.0.0.0/104', MAPPED],
    ['::ffff:a00:0/120', MAPPED],
    ['0.0.0.0/8', ['must have none of the addresses of this host']],
    ['0.1.0.0/16', ['must have none of the addresses of this host']],
    ['127.0.0.0/8', ['must have none of loopback addresses']],
    ['169.254.3.0/24', ['must have none of link-local addresses']],
    ['169.0.0.0/8', ['must have none of link-local addresses']],
    ['239.255.0.0/16', ['must have none of multicast addresses']],
    ['::/64', ['must have none of addresses that are reserved, loopback among them']],
    ['::10.0.0.0/104', ['must have none of addresses that are reserved, loopback among them']],
    ['febf:ffff::/48', ['must have none of link-local addresses']],
    ['ff02::/64', ['must have none of multicast addresses']],
  ])('%s is refused with the reason', (text, messages) => {
    expect(mistakes(rangeInput, text)).toEqual(messages);
  });

  test('of other types, and of texts longer than any, is refused', () => {
    for (const value of [null, 10, ['10.20.0.0/16'], {}]) expect(mistakes(rangeInput, value)).toHaveLength(1);
    expect(rangeInput.safeParse('f'.repeat(50)).success).toBe(false);
    expect(rangeInput.safeParse('ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/120').error?.issues).toMatchObject([
      { message: HOST_BITS[0] },
    ]);
  });
});

test.each([
  ['10.20.4.0/30', []],
  ['10.20.4.0/31', V4],
  ['fd00::/126', []],
  ['fd00::/127', ['must have a prefix from /48 to /126, as every range of IPv6 here']],
  ['10.20.4.1/30', HOST_BITS],
])('a sub-range of IPv6 may be smaller than a range: %s', (text, messages) => {
  expect(mistakes(subRangeInput, text)).toEqual(messages);
});

const NOT_AN_ADDRESS = ['must be an address such as 10.20.4.7 or fd00:20::7'];

test.each([
  ['10.20.4.7', []],
  ['fd00:20::7', []],
  ['FD00:20::10.0.0.1', []],
  ['::ffff:10.20.4.7', MAPPED],
  ['10.20.4.7/32', NOT_AN_ADDRESS],
  ['10.20.4', NOT_AN_ADDRESS],
  ['010.20.4.7', NOT_AN_ADDRESS],
  ['fe80::1%eth0', NOT_AN_ADDRESS],
  ['', NOT_AN_ADDRESS],
])('as an address %j has these mistakes: %j', (text, messages) => {
  expect(mistakes(addressInput, text)).toEqual(messages);
});
