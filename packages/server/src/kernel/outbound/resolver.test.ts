// engine: none
import { promises as dns } from 'node:dns';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { type NameServerOptions, startNameServer } from '../../../test/support/name-server.ts';
import { createOutbound } from '../outbound.ts';
import { type OutboundEntry, outboundEntry } from './policy.ts';
import { createResolver, type ResolverOptions } from './resolver.ts';

/** Longer than any test takes, so that only the test ends a look-up. */
const FOR_EVER_MS = 600_000;

async function nameServer(options: NameServerOptions) {
  const server = await startNameServer(options);
  onTestFinished(() => server.close());
  return server;
}

function fileOf(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'resolver-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'file'), text);
  return join(folder, 'file');
}

async function resolverWith(names: Record<string, readonly string[]>, options: ResolverOptions = {}) {
  const server = await nameServer({ names });
  const resolve = createResolver({
    servers: [server.address],
    hostsFile: fileOf(''),
    resolvConf: fileOf(''),
    ...options,
  });
  return {
    asked: server.asked,
    addresses: async (host: string, named = false) =>
      (await resolve(host, { signal: new AbortController().signal, named })).map(
        ({ address, family }) => `${family} ${address}`,
      ),
    codeOf: (host: string, named = false) =>
      resolve(host, { signal: new AbortController().signal, named }).then(
        () => 'found',
        (error: NodeJS.ErrnoException) => error.code,
      ),
  };
}

test('a name has the addresses of both families, IPv4 first, and one of a single family has those', async () => {
  const { addresses } = await resolverWith({
    'both.example': ['2001:db8::5', '192.0.2.1', '192.0.2.2'],
    'four.example': ['192.0.2.3'],
    'six.example': ['2001:db8::1'],
  });
  expect(await addresses('both.example')).toEqual(['4 192.0.2.1', '4 192.0.2.2', '6 2001:db8::5']);
  expect(await addresses('FOUR.example')).toEqual(['4 192.0.2.3']);
  expect(await addresses('six.example')).toEqual(['6 2001:db8::1']);
});

test('a name that does not exist, has no address or is too long is missing, and a failing name server is not that', async () => {
  const { codeOf } = await resolverWith({ 'empty.example': [], 'broken.example': ['fails'] });
  expect(await codeOf('missing.example')).toBe('ENOTFOUND');
  expect(await codeOf('empty.example')).toBe('ENODATA');
  expect(await codeOf(`${'x'.repeat(64)}.example`)).toBe('EBADNAME');
  expect(await codeOf('broken.example')).toBe('ESERVFAIL');
});

test('names of the hosts file, and localhost without it, are known without asking', async () => {
  const hostsFile = fileOf('10.1.2.3 idp.corp\n');
  const { addresses, asked } = await resolverWith({}, { hostsFile });
  expect(await addresses('IDP.corp')).toEqual(['4 10.1.2.3']);
  expect(await addresses('localhost')).toEqual(['4 127.0.0.1', '6 ::1']);
  expect(await addresses('a.localhost.')).toEqual(['4 127.0.0.1', '6 ::1']);
  writeFileSync(hostsFile, '127.0.0.2 localhost\n');
  expect(await addresses('localhost')).toEqual(['4 127.0.0.2']);
  expect(asked).toEqual([]);
});

test('the search domains of the machine complete a name of the operator, and never one of a caller', async () => {
  const names = { 'keycloak.auth.svc.local': ['10.1.2.3'], 'secret.svc.local': ['10.1.2.4'] };
  const resolvConf = fileOf('search auth.svc.local svc.local\n');
  const { addresses, codeOf } = await resolverWith(names, { resolvConf });
  expect(await addresses('keycloak', true)).toEqual(['4 10.1.2.3']);
  expect(await addresses('secret', true)).toEqual(['4 10.1.2.4']);
  expect(await codeOf('secret', false)).toBe('ENOTFOUND');
});

test('a look-up ends when its signal aborts, and others go on', async () => {
  const server = await nameServer({ names: { 'slow.example': ['192.0.2.1'] }, silent: true });
  const resolve = createResolver({ servers: [server.address], tryMs: FOR_EVER_MS });
  const [ended, goesOn] = [new AbortController(), new AbortController()];
  const first = resolve('slow.example', { signal: ended.signal, named: false });
  const second = resolve('slow.example', { signal: goesOn.signal, named: false });
  await eventually(() => expect(server.asked).toHaveLength(4));
  ended.abort();
  await expect(first).rejects.toMatchObject({ code: 'ECANCELLED' });
  await expect(resolve('slow.example', { signal: ended.signal, named: false })).rejects.toBe(ended.signal.reason);
  server.speak();
  expect(await second).toEqual([{ address: '192.0.2.1', family: 4 }]);
});

test('thirty look-ups at a silent name server delay neither another fetch nor the look-ups of the system', async () => {
  const silent = await nameServer({ silent: true });
  const peer = http.createServer((_, response) => response.end('{}'));
  onTestFinished(() => void peer.close());
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
  const { port } = peer.address() as AddressInfo;
  const outbound = createOutbound({
    resolve: createResolver({ servers: [silent.address], tryMs: FOR_EVER_MS }),
    allow: [outboundEntry(`localhost:${port}`) as OutboundEntry],
    timeoutMs: FOR_EVER_MS,
  });
  const caller = new AbortController();
  let ended = 0;
  const pending = Array.from({ length: 30 }, (_, index) =>
    outbound.get(`https://h${index}.slow.example/`, { signal: caller.signal }).catch((error: unknown) => {
      ended += 1;
      return error;
    }),
  );
  await eventually(() => expect(silent.asked.filter((each) => each.startsWith('A '))).toHaveLength(30));
  // The database's driver looks its host up like this.
  expect(await dns.lookup('localhost')).toMatchObject({ family: expect.any(Number) });
  expect(await outbound.get(`http://localhost:${port}/`)).toBe('{}');
  expect(ended).toBe(0);
  const reason = new Error('the caller has gone');
  caller.abort(reason);
  expect(new Set(await Promise.all(pending))).toEqual(new Set([reason]));
});
