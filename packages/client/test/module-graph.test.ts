/** What importing the SDK brings along, asked of a real bundler that resolves for browsers. */
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';
import { json, rejectionOf, scripted, TOKEN } from './scripted-server.ts';

const input = fileURLToPath(new URL('../src/index.ts', import.meta.url));

/** The SDK as one script that puts its exports into `sdk`, and the files that it is made of. */
async function bundled() {
  const warnings: string[] = [];
  // Without tree shaking, so that nothing that is imported goes unseen.
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

test('the SDK is made of its own files and of tRPC: no server code, no zod, no database, nothing of Node', async () => {
  const { script, warnings, modules } = await bundled();
  const foreign = modules.filter(
    (id) => !/\/packages\/client\/src\/|\/node_modules\/@trpc\/(client|server)\//.test(id),
  );
  expect(foreign).toEqual([]);
  expect(modules.filter((id) => id.includes('/packages/client/src/')).length).toBeGreaterThan(5);
  // What a bundler cannot find stays an import: node: modules for a browser, for example.
  expect({ imports: script.imports, dynamic: script.dynamicImports, warnings }).toEqual({
    imports: [],
    dynamic: [],
    warnings: [],
  });
});

test('the SDK works where there is nothing but what browsers have', async () => {
  const { script } = await bundled();
  const { url, seen } = await scripted([json(409, { error: { code: -32009, message: '', data: { problem: taken } } })]);
  const web = { fetch, URL, AbortController, FormData, Blob, File, performance, setTimeout, clearTimeout };
  // As on a page that was not loaded over https: crypto without randomUUID.
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
