// engine: none
import { expect, test } from 'vitest';
import { createOutbound } from '../outbound.ts';
import { outboundEntry } from './policy.ts';

const outbound = createOutbound();
const allowing = (...entries: string[]) =>
  createOutbound({ allow: entries.flatMap((each) => outboundEntry(each) ?? []) });

const hostile = [
  // Loopback, in every spelling of an IPv4 address.
  'https://127.0.0.1/',
  'https://127.0.0.1:8443/x',
  'https://127.1/',
  'https://127.0.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0x7f.0.0.1/',
  'https://0X7F.1/',
  'https://017700000001/',
  'https://0177.0.0.1/',
  'https://0177.0.0.01/',
  'https://127.0.0.1./',
  'https://127.0x0.0.1/',
  'https://127.255.255.254/',
  'https://0/',
  'https://0.0.0.0/',
  'https://0x0/',
  'https://%31%32%37.0.0.1/',
  'https://127%2e0%2e0%2e1/',
  'https://0x7f.1:443/',
  // Private, shared, link-local, reserved.
  'https://10.0.0.1/',
  'https://012.0.0.1/',
  'https://167772161/',
  'https://172.16.0.1/',
  'https://172.31.255.255/',
  'https://192.168.1.1/',
  'https://0xc0a80101/',
  'https://3232235777/',
  'https://100.64.0.1/',
  'https://198.18.0.1/',
  'https://192.0.2.7/',
  'https://203.0.113.9/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://240.0.0.1/',
  // Metadata services.
  'https://169.254.169.254/latest/meta-data/',
  'https://0xa9fea9fe/',
  'https://2852039166/',
  'https://0251.0376.0251.0376/',
  'https://169.254.43518/',
  'https://168.63.129.16/',
  'https://metadata.google.internal/',
  'https://METADATA.google.INTERNAL/',
  'https://metadata.google.internal./',
  'https://metadata.goog/',
  'https://metadata.goog./computeMetadata/v1/',
  // IPv6, and IPv4 inside of it.
  'https://[::1]/',
  'https://[::1]:8443/',
  'https://[0:0:0:0:0:0:0:1]/',
  'https://[::]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[::FFFF:10.0.0.1]/',
  'https://[::127.0.0.1]/',
  'https://[64:ff9b::127.0.0.1]/',
  'https://[64:ff9b::a9fe:a9fe]/',
  'https://[64:ff9b:1::7f00:1]/',
  'https://[2002:7f00:1::]/',
  'https://[2001::7f00:1]/',
  'https://[fc00::1]/',
  'https://[fd00:ec2::254]/',
  'https://[fe80::1]/',
  'https://[fec0::1]/',
  'https://[ff02::1]/',
  'https://[2001:db8::1]/',
  'https://[fe80::1%25eth0]/',
  'https://[::ffff:0:127.0.0.1]/',
  // Names of this machine.
  'https://localhost/',
  'https://LOCALHOST/',
  'https://localhost./',
  'https://localhost:8443/',
  'https://a.localhost/',
  'https://a.b.localhost./',
  'https://localhost.localdomain/',
  'https://localhost6/',
  'https://ip6-localhost/',
  'https://LocalHost.LocalDomain./',
  'https://%6cocalhost/',
  // Users and passwords, and hosts that only look like the host.
  'https://user@hooks.example/',
  'https://user:pw@hooks.example/',
  'https://:pw@hooks.example/',
  'https://hooks.example@127.0.0.1/',
  'https://hooks.example%40127.0.0.1/',
  'https://hooks.example:443@10.0.0.1/',
  'https://@127.0.0.1/',
  // Letters that become others: dots, digits, white space, backslashes.
  'https://127。0。0。1/',
  'https://127.0.0。1/',
  'https://１２７.0.0.1/',
  'https://①②⑦.⓪.⓪.①/',
  'https://ⓛocalhost/',
  'https://loc\u00adalhost/',
  'https://local\u200bhost/',
  'https:\\\\hooks.example/',
  'https://hooks.example\\@127.0.0.1/',
  'https://hooks.example/\n',
  ' https://hooks.example/',
  'https://hooks.example/a b',
  'ht\ntps://hooks.example/',
  'https://127.0.0.1\t/',
  'https:/\\127.0.0.1/',
  'https:127.0.0.1',
  'https:/127.0.0.1/',
  'https:///127.0.0.1/',
  // Other schemes, and no URL at all.
  'http://hooks.example/',
  'HTTP://hooks.example/',
  'ftp://hooks.example/',
  'file:///etc/passwd',
  'gopher://127.0.0.1:70/',
  'data:text/plain,x',
  'javascript:alert(1)',
  'unix:/var/run/docker.sock',
  'blob:https://hooks.example/x',
  '//127.0.0.1/',
  'hooks.example',
  '',
  'https://',
  'https://?x',
  'https://:443/',
  'https://./',
  'https://hooks.example:0/',
  'https://hooks.example:65536/',
  'https://hooks.example:-1/',
  'https://[::1/',
  'https://256.1.1.1/',
  'https://1.2.3.4.5/',
  'https://0x7f.0.0.0x/',
  'https://999999999999/',
  'https://hooks.exa mple/',
  'https://hooks<example/',
  'https://a..b@/',
];

test('there are hostile URLs enough, and each is another', () => {
  expect(new Set(hostile).size).toBe(hostile.length);
  expect(hostile.length).toBeGreaterThan(100);
});

test.each(hostile)('%j is refused without a question to a name server', (url) => {
  expect(outbound.refusalOf(url)).toMatch(/^[A-Z].+\.$/);
});

test.each([
  'https://hooks.acme.example/registry',
  'HTTPS://Hooks.Acme.Example',
  'https://hooks.acme.example.:8443/a?b=c',
  'https://8.8.8.8/',
  'https://1.1/',
  'https://[2606:4700:4700::1111]:8443/x',
  'https://xn--bcher-kva.example/',
  'https://localhost.acme.example/',
  'https://mylocalhost/',
  'https://hooks.example/%0a?x=http://127.0.0.1/',
])('%j is as good as its name', (url) => {
  expect(outbound.refusalOf(url)).toBeUndefined();
});

test('what OUTBOUND_ALLOW names is accepted, over http too, and nothing beside it', () => {
  const { refusalOf } = allowing('127.0.0.1:8443', 'localhost', '10.1.0.0/16');
  for (const url of ['https://127.0.0.1:8443/', 'http://127.0.0.1:8443/', 'http://localhost:9/', 'https://10.1.2.3/'])
    expect([url, refusalOf(url)]).toEqual([url, undefined]);
  for (const url of [
    'https://127.0.0.1/',
    'https://127.0.0.2:8443/',
    'https://a.localhost/',
    'https://10.2.0.1/',
    'http://user@localhost/',
  ])
    expect([url, refusalOf(url)]).toEqual([url, expect.any(String)]);
});
