/** What is published: built into a directory of its own, then used as others use it. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { result, scripted, TOKEN } from './scripted-server.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = join(root, '../../node_modules/.bin/tsc');
/** Less than a call may take: what a finished call leaves behind must not keep the process. */
const ENDS_WITHIN_MS = 8_000;

let dist: string;
beforeAll(async () => {
  // Inside the package, so that its dependencies are found.
  await mkdir(join(root, '.cache'), { recursive: true });
  dist = await mkdtemp(join(root, '.cache/dist-'));
  // Mistakes in types are found by `npm run check`; what is built in spite of them is looked at here.
  await run(tsc, ['-p', join(root, 'tsconfig.build.json'), '--outDir', dist]).catch(() => {});
});
afterAll(() => rm(dist, { recursive: true }));

test('the declarations stand alone: they import one another and nothing else', async () => {
  const names = (await readdir(dist)).filter((name) => name.endsWith('.d.ts'));
  expect(names).toContain('index.d.ts');
  const texts = await Promise.all(names.map((name) => readFile(join(dist, name), 'utf8')));
  const imported = texts.flatMap((text) =>
    [...text.matchAll(/(?:from |import\()['"]([^'"]+)/g)].map(([, name]) => name),
  );
  expect(imported.filter((name) => !name?.startsWith('./'))).toEqual([]);
});

test('a strict program compiles against the declarations, with the shapes of the router', async () => {
  const program = `
    import { createClient, isRegistryError, type Tenant } from './index.js';
    const client = createClient({ url: 'http://localhost:8090', token: 'x' });
    export async function main(): Promise<Tenant['status'] | undefined> {
      for await (const tenant of client.tenants.list({ limit: 10 })) if (tenant.plan !== null) return tenant.status;
      try {
        await client.apiKeys.revoke({ id: 'x' }, { timeoutMs: 5 });
      } catch (error) {
        if (isRegistryError(error, 'not_found')) error.problem?.detail satisfies string | undefined;
      }
      // @ts-expect-error the slug is required
      await client.tenants.create({ name: 'Acme' });
      return undefined;
    }
  `;
  await writeFile(join(dist, 'program.ts'), program);
  const strict = ['--strict', '--noEmit', '--target', 'es2022', '--lib', 'es2022,dom', '--module', 'nodenext'];
  const { stdout } = await run(tsc, ['--ignoreConfig', ...strict, join(dist, 'program.ts')]);
  expect(stdout).toBe('');
});

test('the package runs, and ends, on every Node that is here, the oldest that is promised among them', async ({
  skip,
}) => {
  const nodes = await versions(['/usr/bin/node', '/usr/local/bin/node', process.env['NODE20'] ?? '', process.execPath]);
  const { url } = await scripted([result({ slug: 'acme' })]);
  const program = `
    import { createClient } from ${JSON.stringify(join(dist, 'index.js'))};
    const client = createClient({ url: ${JSON.stringify(url)}, token: ${JSON.stringify(TOKEN)} });
    console.log((await client.tenants.create({ slug: 'acme', name: 'Acme' })).slug);
  `;
  for (const node of nodes.values()) {
    const { stdout } = await run(node, ['--input-type=module', '--eval', program], { timeout: ENDS_WITHIN_MS });
    expect(stdout).toBe('acme\n');
  }
  skip(!nodes.has('v20'), 'there is no Node 20 on this machine');
});

/** The executables that answer, by their major version. */
async function versions(paths: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const path of paths.filter((each) => each !== '')) {
    const answer = await run(path, ['--version']).catch(() => undefined);
    const major = answer?.stdout.split('.')[0];
    if (major !== undefined) found.set(major, path);
  }
  return found;
}
