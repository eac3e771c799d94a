// engine: none
/** The modules that an import of the SDK brings along, listed by a real bundler for browsers. */
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { expect, onTestFinished, test } from 'vitest';
import type { Configs } from '../src/index.ts';
import { configRegistry, PROJECT } from './config-registry.ts';
import { json, rejectionOf, scripted, TOKEN } from './scripted-server.ts';
import { newEvent, newKeyPair, newSecret, signedEvent } from './webhook-signing.ts';

const entry = (name: string) => fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url));
const index = entry('index');

/** Bundles an entry of the SDK into one script that assigns its exports to `sdk`, and returns the script with its modules. */
async function bundled(input = index) {
  const warnings: string[] = [];
  // Tree shaking would hide imports without use.
  const bundle = await rolldown({
    input,
    platform: 'browser',
    treeshake: false,
    onLog: (_, { message }) => void warnings.push(message),
  });
  const { output } = await bundle.generate({ format: 'iife', name: 'sdk' });
  await bundle.close();
  const [script] = output;
  return { script, warnings, modules: script.moduleIds.filter((id) => !id.startsWith('\0')) };
}

test('the SDK consists of its own files alone: no tRPC, no server code, no zod, no database, nothing of Node', async () => {
  const { script, warnings, modules } = await bundled();
  const foreign = modules.filter((id) => !id.includes('/packages/client/src/'));
  expect(foreign).toEqual([]);
  expect(modules.filter((id) => id.includes('/packages/client/src/')).length).toBeGreaterThan(5);
  // A bundler leaves a module that it cannot find, such as node:fs for a browser, as an import.
  expect({ imports: script.imports, dynamic: script.dynamicImports, warnings }).toEqual({
    imports: [],
    dynamic: [],
    warnings: [],
  });
});

/** The gzipped size, in bytes, of a minified bundle that uses these exports of the SDK. */
async function sizeOf(names: string, from = index): Promise<number> {
  const source = `export { ${names} } from ${JSON.stringify(from)};`;
  const bundle = await rolldown({
    input: 'entry',
    platform: 'browser',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'entry' ? id : null),
        load: (id) => (id === 'entry' ? source : null),
      },
    ],
  });
  const { output } = await bundle.generate({ format: 'es', minify: true });
  await bundle.close();
  return gzipSync(output[0].code).length;
}

test('a bundle that only makes calls has 15 kB at most, and what products use adds to it', async () => {
  const calls = await sizeOf('createClient, isRegistryError');
  console.log(`the SDK's calls are ${calls} bytes, minified and gzipped`);
  expect(calls).toBeLessThanOrEqual(15_000);
  for (const name of ['createVerifier', 'createAccess', 'createSessions', 'createConfigs'])
    expect(await sizeOf(`createClient, isRegistryError, ${name}`), name).toBeGreaterThan(calls);
});

/** The SDK's own files in a bundle, without their ending. */
function ownFiles(modules: readonly string[]): string[] {
  return modules.flatMap((id) => /\/packages\/client\/src\/(.+)\.ts$/.exec(id)?.[1] ?? []).sort();
}

test('the verification of webhooks consists of its own files alone, and the calls bring none of them', async () => {
  const { script, warnings, modules } = await bundled(entry('webhooks'));
  const own = ownFiles(modules);
  expect(own.length).toBe(modules.length);
  expect(own.filter((name) => !/^webhooks(\/|$)/.test(name))).toEqual([]);
  expect({ imports: script.imports, dynamic: script.dynamicImports, warnings }).toEqual({
    imports: [],
    dynamic: [],
    warnings: [],
  });
  expect(ownFiles((await bundled()).modules).filter((name) => name.startsWith('webhooks'))).toEqual([]);
  expect(await sizeOf('verifyWebhook', entry('webhooks'))).toBeLessThanOrEqual(3_000);
});

test.each(['express', 'fastify', 'hono', 'fetch'])('the entry for %s imports nothing of Node', async (name) => {
  const { script, warnings, modules } = await bundled(entry(`middleware/${name}`));
  expect(ownFiles(modules)).toEqual(expect.arrayContaining(['admission/refusal', 'webhooks/receive']));
  expect(ownFiles(modules).length).toBe(modules.length);
  expect({ imports: script.imports, warnings }).toEqual({ imports: [], warnings: [] });
});

test('the provider for OpenFeature consists of its own files alone, and the calls bring none of them', async () => {
  const { script, warnings, modules } = await bundled(entry('openfeature'));
  const own = ownFiles(modules);
  expect(own.length).toBe(modules.length);
  expect(own.filter((name) => !/^openfeature(\/|$)/.test(name))).toEqual([]);
  expect({ imports: script.imports, dynamic: script.dynamicImports, warnings }).toEqual({
    imports: [],
    dynamic: [],
    warnings: [],
  });
  expect(ownFiles((await bundled()).modules).filter((name) => name.startsWith('openfeature'))).toEqual([]);
});

test('configurations are read with nothing but the globals of a browser, and a file is refused in words', async () => {
  const { script } = await bundled();
  const registry = await configRegistry();
  registry.write({ limits: { max_users: 5 } });
  const web = { fetch, URL, URLSearchParams, AbortController, FormData, Blob, File, TextDecoder, performance };
  const timers = { setTimeout, clearTimeout, setInterval, clearInterval, queueMicrotask };
  const problems: string[] = [];
  const told = ({ type }: { readonly type: string }) => void problems.push(type);
  const open = `${script.code};
    const client = sdk.createClient({ url, token });
    sdk.createConfigs({ client, project_id, cacheFile: '/tmp/none.json', onProblem: told })`;
  const context = { ...web, ...timers, url: registry.url, token: TOKEN, project_id: PROJECT, told };
  const configs: Configs = runInNewContext(open, context);
  onTestFinished(() => configs.close());
  await configs.ready;
  expect(JSON.stringify(configs.get('limits'))).toBe('{"max_users":5}');
  await expect.poll(() => problems[0]).toBe('file_unusable');
});

test('a webhook is verified with nothing but the globals of a browser', async () => {
  const { script } = await bundled(entry('webhooks'));
  const web = { crypto, TextEncoder, TextDecoder, atob, btoa };
  for (const key of [newSecret(), newKeyPair()]) {
    const event = newEvent();
    const { headers, body } = signedEvent(event, [key]);
    const verify = (text: string) =>
      runInNewContext(`${script.code}; sdk.verifyWebhook(headers, text, key)`, {
        ...web,
        headers,
        text,
        key: key.verifiedBy,
      });
    expect(JSON.parse(JSON.stringify(await verify(body)))).toEqual(event);
    expect(await rejectionOf(verify(`${body} `))).toMatchObject({ code: 'no_matching_signature' });
  }
});

test('the SDK works with nothing but the globals of a browser', async () => {
  const { script } = await bundled();
  const { url, seen } = await scripted([json(409, taken, { 'content-type': 'application/problem+json' })]);
  const web = { fetch, URL, AbortController, FormData, Blob, File, performance, setTimeout, clearTimeout };
  // On a page that was not loaded over https, crypto has no randomUUID.
  const crypto = { getRandomValues: (bytes: Uint8Array) => bytes.fill(7) };
  const call = `${script.code}; sdk.createClient({ url, token }).tenants.create({ slug: 'acme', name: 'Acme' })`;
  const error = await rejectionOf(runInNewContext(call, { ...web, crypto, url, token: TOKEN }));
  expect(error).toMatchObject({ name: 'RegistryError', code: 'slug_taken', status: 409, requestId: 'request-1' });
  expect(seen[0]?.headers['idempotency-key']).toBe('07'.repeat(16));
});

const taken = {
  type: 'urn:tenant-registry:problem:slug_taken',
  title: 'Conflict',
  status: 409,
  detail: 'That slug already belongs to a tenant.',
  instance: 'request-1',
  code: 'slug_taken',
};
