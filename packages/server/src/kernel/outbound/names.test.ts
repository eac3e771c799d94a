// engine: none
import { expect, test } from 'vitest';
import { addressesInHosts, isLocalhost, nameServer, namesToTry, searchRules } from './names.ts';

const HOSTS = `# 10.9.9.9 commented.corp
127.0.0.1	localhost localhost.localdomain
::1 localhost
10.1.2.3 IdP.corp idp # 10.8.8.8 other
10.1.2.4   idp.corp
not-an-address wrong.corp
`;

test.each([
  ['localhost', ['127.0.0.1', '::1']],
  ['idp.corp', ['10.1.2.3', '10.1.2.4']],
  ['idp', ['10.1.2.3']],
  ['other', []],
  ['commented.corp', []],
  ['wrong.corp', []],
  ['corp', []],
])('the hosts file gives %s the addresses %j', (host, addresses) => {
  expect(addressesInHosts(HOSTS, host)).toEqual(addresses);
});

test.each([
  ['', { search: [], dotsMin: 1 }],
  [
    'nameserver 10.0.0.10\nsearch auth.svc.local svc.local.\noptions timeout:1 ndots:5\n',
    { search: ['auth.svc.local', 'svc.local'], dotsMin: 5 },
  ],
  ['search a.corp\ndomain b.corp\n', { search: ['b.corp'], dotsMin: 1 }],
  ['# search a.corp\nsearch .\n', { search: [], dotsMin: 1 }],
])('%j is read as %j', (text, rules) => {
  expect(searchRules(text)).toEqual(rules);
});

test.each([
  ['idp', 1, ['idp.a', 'idp.b', 'idp']],
  ['idp.corp', 1, ['idp.corp', 'idp.corp.a', 'idp.corp.b']],
  ['idp.corp', 5, ['idp.corp.a', 'idp.corp.b', 'idp.corp']],
  ['idp.corp.', 5, ['idp.corp']],
])('%s is tried, with %i dots wanted, as %j', (host, dotsMin, names) => {
  expect(namesToTry(host, { search: ['a', 'b'], dotsMin })).toEqual(names);
});

test('localhost and the names under it mean this machine, and no other name does', () => {
  expect(['localhost', 'a.localhost', 'localhost.corp', 'alocalhost', ''].map(isLocalhost)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test.each([
  ['10.0.0.53', '10.0.0.53:53'],
  ['10.0.0.53:5353', '10.0.0.53:5353'],
  ['fd00::53', '[fd00::53]:53'],
  ['[fd00::53]', '[fd00::53]:53'],
  ['[fd00::53]:5353', '[fd00::53]:5353'],
  ['', undefined],
  ['ns.corp', undefined],
  ['10.0.0', undefined],
  ['10.0.0.53:0', undefined],
  ['10.0.0.53:65536', undefined],
  ['10.0.0.53:x', undefined],
  ['[10.0.0.53]:53', undefined],
  ['fe80::1%eth0', undefined],
  ['[fe80::1%eth0]:53', undefined],
])('the name server %j is %j', (text, server) => {
  expect(nameServer(text)).toBe(server);
});
