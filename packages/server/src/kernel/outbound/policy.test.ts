// engine: none
import { expect, test } from 'vitest';
import { isPublicAddress, type OutboundEntry, outboundEntry, outboundPolicy } from './policy.ts';

const policyOf = (...entries: string[]) =>
  outboundPolicy(entries.map((entry) => outboundEntry(entry) as OutboundEntry));

test.each([
  ['unspecified', ['0.0.0.0', '0.1.2.3', '::']],
  ['loopback', ['127.0.0.1', '127.255.255.254', '::1']],
  ['private', ['10.0.0.0', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.255.255']],
  ['unique local', ['fc00::1', 'fd00:ec2::254', 'fdff:ffff::1']],
  ['link-local', ['169.254.0.1', '169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'febf::1', 'fec0::1']],
  ['carrier-grade NAT', ['100.64.0.1', '100.100.100.200', '100.127.255.255']],
  ['multicast and broadcast', ['224.0.0.1', '239.255.255.255', '255.255.255.255', '240.0.0.1', 'ff02::1', 'ff0e::1']],
  [
    'IPv4 in IPv6',
    [
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '0:0:0:0:0:ffff:10.0.0.1',
      '::ffff:8.8.8.8',
      '::127.0.0.1',
      '64:ff9b::7f00:1',
      '64:ff9b::8.8.8.8',
      '64:ff9b:1::a00:1',
      '2002:7f00:1::1',
      '2001:0:a00:1::1',
    ],
  ],
  [
    'documentation, benchmarks and reserved',
    [
      '192.0.2.1',
      '198.51.100.1',
      '203.0.113.255',
      '198.18.0.1',
      '198.19.255.255',
      '2001:db8::1',
      '3fff::1',
      '3fff:fff::1',
      '2001:1ff::1',
      '4000::1',
      '100::1',
      '5f00::1',
    ],
  ],
  ['a host agent of a cloud', ['168.63.129.16']],
  ['not an address', ['', 'localhost', '1.2.3', '1.2.3.4.5', '0x7f.1', '2130706433', '[::1]']],
])('%s is not public', (_, addresses) => {
  expect(addresses.filter(isPublicAddress)).toEqual([]);
});

test('what the internet routes is public, right up to the borders of what it does not', () => {
  const addresses = [
    ...['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255'],
    ...['128.0.0.1', '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.167.255.255'],
    ...['192.169.0.0', '198.17.255.255', '198.20.0.0', '223.255.255.255', '168.63.129.15'],
    ...['2000::1', '2001:200::1', '2001:4860:4860::8888', '2003::1', '2606:4700::1111', '3ffe::1', '3fff:1000::1'],
  ];
  expect(addresses.filter((address) => !isPublicAddress(address))).toEqual([]);
});

test.each([
  // entry, URL, address it resolved to, allowed
  ['idp.corp', 'https://idp.corp/x', '10.0.0.5', true],
  ['idp.corp', 'https://IDP.corp:8443/x', '10.0.0.5', true],
  ['idp.corp', 'https://other.corp/x', '10.0.0.5', false],
  ['idp.corp', 'https://idp.corp.evil.example/x', '10.0.0.5', false],
  ['idp.corp:8443', 'https://idp.corp:8443/', '10.0.0.5', true],
  ['idp.corp:8443', 'https://idp.corp/', '10.0.0.5', false],
  ['idp.corp:443', 'https://idp.corp/', '10.0.0.5', true],
  ['idp.corp:80', 'http://idp.corp/', '10.0.0.5', true],
  ['10.1.0.0/16', 'https://anything.corp/', '10.1.255.255', true],
  ['10.1.0.0/16', 'https://anything.corp/', '10.2.0.0', false],
  ['10.1.2.3', 'https://10.1.2.3/', '10.1.2.3', true],
  ['10.1.2.3', 'https://10.1.2.4/', '10.1.2.4', false],
  ['127.0.0.1:8080', 'http://localhost:8080/', '127.0.0.1', true],
  ['127.0.0.1:8080', 'http://localhost:8081/', '127.0.0.1', false],
  ['[fd00::1]:8080', 'http://[fd00::1]:8080/', 'fd00::1', true],
  ['[fd00::1]:8080', 'http://[fd00::1]:8081/', 'fd00::1', false],
  ['fd00::/8', 'https://x.corp/', 'fd12::3', true],
  ['fd00::/8', 'https://x.corp/', 'fe80::3', false],
  ['127.0.0.0/8', 'https://x.corp/', '::1', false],
  ['64:ff9b::/96', 'https://x.example/', '64:ff9b::808:808', true],
  ['8.8.8.8', 'https://x.example/', '10.0.0.1', false],
  ['other.corp', 'https://metadata.google.internal/', '8.8.8.8', false],
  ['other.corp', 'https://metadata.google.internal./', '8.8.8.8', false],
  ['metadata.google.internal', 'http://metadata.google.internal/', '169.254.169.254', true],
])('with OUTBOUND_ALLOW=%s, %s at %s: %s', (entry, url, address, allowed) => {
  expect(policyOf(entry).allowsAddress(address, new URL(url))).toBe(allowed);
});

test.each([
  ['idp.corp', 'http://idp.corp:8080/', true],
  ['idp.corp:8080', 'http://idp.corp/', false],
  ['127.0.0.0/8', 'http://127.9.9.9/', true],
  // A name is not an address: that it may resolve into the network does not make plain http good for it.
  ['127.0.0.0/8', 'http://localhost/', false],
  // Other spellings of an address are that address: the URL parser normalises them.
  ['127.0.0.1', 'http://0x7f.1/', true],
  ['127.0.0.1', 'http://2130706433/', true],
])('with OUTBOUND_ALLOW=%s, the host of %s is named: %s', (entry, url, named) => {
  expect(policyOf(entry).namesHost(new URL(url))).toBe(named);
});

test.each([
  '',
  ' ',
  'a b',
  'http://idp.corp',
  'idp.corp:0',
  'idp.corp:65536',
  'idp.corp:x',
  '10.0.0.0/33',
  '10.0.0/8',
  '300.1.1.1',
  'fd00::/129',
  '[idp.corp]',
  '[fd00::1',
  'a/8',
  '10.0.0.0/8/8',
  '*.corp',
  'fe80::1%eth0',
  '-x',
])('%j is no entry of OUTBOUND_ALLOW', (text) => {
  expect(outboundEntry(text)).toBeUndefined();
});
