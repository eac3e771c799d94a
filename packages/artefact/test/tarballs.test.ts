// engine: none
/** What is published: packed by npm and by pnpm, and installed by npm into a project of its own. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const published = ['client', 'db', 'server', 'testing'] as const;
const version: string = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')).version;
const tarballOf = (name: string) => `tenant-registry-${name}-${version}.tgz`;
const bins = join(root, 'node_modules/.bin');
/** As a consumer has it: nothing of this repository but its Node, and the caller's own registry. */
const { NODE_OPTIONS: _, NODE_ENV: __, TEST: ___, VITEST: ____, ...own } = process.env;
const env = { ...own, PATH: `${bins}:${own['PATH']}` };

let folder: string;
let project: string;
const inProject = (file: string, ...args: string[]) => run(file, args, { cwd: project, env });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tarballs-'));
  project = join(folder, 'project');
  await mkdir(project);
  await Promise.all(published.map((name) => pack('npm', name)));
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const tarballs = published.map((name) => join(folder, 'npm', tarballOf(name)));
  const versions = ['kysely@0.29.9', 'kysely-ctl@0.21.0', 'typescript@5.9.3'];
  await inProject('npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs, ...versions);
});
afterAll(() => rm(folder, { recursive: true }));

async function pack(tool: 'npm' | 'pnpm', name: string): Promise<string> {
  const to = join(folder, tool);
  await mkdir(to, { recursive: true });
  // PATH has the Node of this repository first, which npm then runs on too.
  await run(tool, ['pack', '--pack-destination', to], { cwd: join(root, 'packages', name), env });
  return join(to, tarballOf(name));
}

test.each(['client', 'db'])('npm and pnpm pack the same files and the same manifest of %s', async (name) => {
  const list = async (tarball: string) => {
    const { stdout } = await run('tar', ['-tzf', tarball]);
    return stdout.trim().split('\n').sort();
  };
  const manifest = async (tarball: string) => {
    const { stdout } = await run('tar', ['-xzOf', tarball, 'package/package.json']);
    const { scripts: _, devDependencies: __, ...rest } = JSON.parse(stdout);
    return rest;
  };
  const [byNpm, byPnpm] = [join(folder, 'npm', tarballOf(name)), await pack('pnpm', name)];
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
  for (const name of await readdir(join(folder, 'npm'))) {
    const { stdout } = await run('tar', ['-tzf', join(folder, 'npm', name)]);
    expect(stdout.split('\n').filter((file) => /\.test\.|\.env|\/test\//.test(file))).toEqual([]);
  }
});
