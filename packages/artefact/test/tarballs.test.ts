// engine: none
/** What is published: packed by npm and by pnpm, and installed by npm into a project of its own. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { bins, env, type Published, pack, packed, published, root } from './support/packed.ts';

const run = promisify(execFile);
const version: string = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')).version;
// One installation serves all tests of this file. Vite and vitest are those of this repository's lockfile.
const TOOLS = ['kysely@0.29.9', 'kysely-ctl@0.21.0', 'typescript@5.9.3', 'vite@8.3.8', 'vitest@5.1.1'];

let project: string;
const inProject = (file: string, ...args: string[]) => run(file, args, { cwd: project, env });

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'consumer-'));
  const tarballs = await Promise.all(published.map(packed));
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  await inProject('npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs, ...TOOLS);
});
afterAll(() => rm(project, { recursive: true }));

test.each(['client', 'db'] as const)('npm and pnpm pack the same files and the same manifest of %s', async (name) => {
  const list = async (tarball: string) => {
    const { stdout } = await run('tar', ['-tzf', tarball]);
    return stdout.trim().split('\n').sort();
  };
  const manifest = async (tarball: string) => {
    const { stdout } = await run('tar', ['-xzOf', tarball, 'package/package.json']);
    const { scripts: _, devDependencies: __, ...rest } = JSON.parse(stdout);
    return rest;
  };
  const folder = await mkdtemp(join(tmpdir(), 'by-pnpm-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const byNpm = await packed(name);
  const byPnpm = await pack('pnpm', name, folder, '--config.ignore-scripts=true');
  expect(await list(byPnpm)).toEqual(await list(byNpm));
  expect(await manifest(byPnpm)).toEqual(await manifest(byNpm));
});

// proves A17, C38
test('npx starts the server of the package, and its commands', async () => {
  expect((await inProject('npx', 'tenant-registry', '--version')).stdout.trim()).toBe(version);
  expect((await inProject('npx', 'tenant-registry', 'migrate', 'version')).stdout).toMatch(
    /^database 0, program \d+$/m,
  );
});

// proves A18
test('kysely-ctl runs the migrations of the package in a pipeline of its own', async () => {
  const config = `
    import { openDatabase } from '@tenant-registry/db';
    import { migrations } from '@tenant-registry/db/migrations';
    import { defineConfig } from 'kysely-ctl';
    export default defineConfig({
      kysely: async () => (await openDatabase({ pglite: { dataDir: './data/pglite' } })).db,
      migrations: { provider: { getMigrations: async () => ({ ...migrations }) } },
    });`;
  await writeFile(join(project, 'kysely.config.ts'), config);
  const { stdout, stderr } = await inProject('npx', 'kysely', 'migrate:latest');
  expect(stdout + stderr).toContain('0028_audit_proofs');
});

test('a test of a product uses the in-process registry, and ends', async () => {
  const script = `
    import assert from 'node:assert';
    import { test } from 'node:test';
    import { createTestRegistry } from '@tenant-registry/testing';
    test('a tenant is made', async () => {
      await using registry = await createTestRegistry();
      const { slug, id } = await registry.client.tenants.create({ slug: 'globex', name: 'Globex' });
      await registry.clock.advance(15 * 86_400_000);
      assert.deepEqual([slug, (await registry.client.tenants.get({ id })).status], ['globex', 'frozen']);
    });`;
  await writeFile(join(project, 'registry.test.js'), script);
  expect((await inProject('node', '--test', 'registry.test.js')).stdout).toMatch(/pass 1\n/);
});

test('a test in vitest uses the in-process registry, too', async () => {
  const script = `
    import { createTestRegistry } from '@tenant-registry/testing';
    import { expect, test } from 'vitest';
    test('a tenant is made', async () => {
      await using registry = await createTestRegistry();
      expect(await registry.client.tenants.create({ slug: 'globex', name: 'Globex' })).toMatchObject({ slug: 'globex' });
    });`;
  await mkdir(join(project, 'spec'));
  await writeFile(join(project, 'spec/registry.spec.js'), script);
  const options = ['--dir', 'spec', '--testTimeout=300000', '--reporter=tap-flat'];
  expect((await inProject('npx', 'vitest', 'run', ...options)).stdout).toMatch(/^ok 1 /m);
});

test('Vite builds the SDK for browsers, with no module of Node in it', async () => {
  const page = `
    import { createClient, createConfigs, createVerifier } from '@tenant-registry/client';
    import { verifyWebhook } from '@tenant-registry/client/webhooks';
    document.title = Object.keys({ createClient, createConfigs, createVerifier, verifyWebhook }).join();`;
  await mkdir(join(project, 'web'));
  await writeFile(join(project, 'web/index.html'), '<!doctype html><script type="module" src="./main.js"></script>');
  await writeFile(join(project, 'web/main.js'), page);
  const { stdout, stderr } = await inProject('npx', 'vite', 'build', 'web', '--minify=false');
  // Vite puts an empty module in the place of each that a browser does not have, and says so.
  expect(stdout + stderr).not.toMatch(/externalized|node:/);
  const assets = join(project, 'web/dist/assets');
  const [script = ''] = await readdir(assets);
  const text = await readFile(join(assets, script), 'utf8');
  expect(text).toContain('createVerifier');
  expect(text).not.toMatch(/from\s*['"]node:|import\(\s*['"]node:|require\(|browser-external/);
});

test.each([
  ['as Node resolves', { module: 'nodenext' }],
  ['as bundlers resolve', { module: 'esnext', moduleResolution: 'bundler' }],
])('a project in TypeScript compiles, %s', async (_, resolution) => {
  const program = `
    import { migrations } from '@tenant-registry/db/migrations';
    import type { CreateProjectInput, Project, RegistryEvent } from '@tenant-registry/client';
    import { createTestRegistry, type TestRegistry } from '@tenant-registry/testing';
    export const names: string[] = Object.keys(migrations);
    export const open = (): Promise<TestRegistry> => createTestRegistry();
    export const project = async (input: CreateProjectInput): Promise<Project> => (await open()).client.projects.create(input);
    export const told = (event: RegistryEvent) => event.type === 'project.created' && (event.data satisfies Project).slug;
    export const slug = async (): Promise<string> => (await (await open()).client.tenants.getBySlug({ slug: 'x' })).slug;`;
  await writeFile(join(project, 'program.ts'), program);
  const compilerOptions = {
    ...resolution,
    target: 'es2022',
    lib: ['es2024', 'dom', 'esnext.disposable'],
    types: [],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
  for (const compiler of [['npx', 'tsc'], [join(bins, 'tsc')]]) {
    const [file = '', ...args] = compiler;
    await inProject(file, ...args, '-p', '.').catch(({ stdout, stderr }) => expect.unreachable(stdout + stderr));
  }
});

test('no tarball has a test, a key or a folder of this machine in it', async () => {
  for (const name of published) {
    const { stdout } = await run('tar', ['-tzf', await packed(name)]);
    expect(stdout.split('\n').filter((file) => /\.test\.|\.env|\/test\//.test(file))).toEqual([]);
  }
});

// What only sources of this repository may import has no form for others.
const INNER: Partial<Record<Published, string[]>> = { db: ['--exclude-entrypoints', './testing'] };

test.each(published)('publint and attw find no mistake in the package %s', async (name) => {
  const tarball = await packed(name);
  const tool = (file: string) => join(root, 'packages/client/node_modules/.bin', file);
  const passes = (file: string, ...args: string[]) =>
    run(tool(file), args, { env }).catch(({ stdout, stderr }) => expect.unreachable(stdout + stderr));
  await passes('publint', '--strict', tarball);
  const typed = name === 'testing' ? await withoutPrograms(tarball) : tarball;
  await passes('attw', typed, '--profile', 'esm-only', ...(INNER[name] ?? []));
});

/** The tarball with its declarations and empty programs: attw would parse 20 MB to find what they export. */
async function withoutPrograms(tarball: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'typed-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await run('tar', ['-xzf', tarball, '-C', folder, '--exclude=*.js', '--exclude=*.wasm', '--exclude=*.data']);
  const dist = join(folder, 'package/dist');
  const programs = (await readdir(dist)).filter((each) => each.endsWith('.mjs'));
  await Promise.all(programs.map((each) => writeFile(join(dist, each), 'export {};')));
  await run('tar', ['-czf', join(folder, 'typed.tgz'), '-C', folder, 'package']);
  return join(folder, 'typed.tgz');
}
