/** Writes two projects to disk: one uses the SDK of a contract, the other a router of as many procedures without the SDK. */
import { execFile } from 'node:child_process';
import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { contractFiles } from '../../../packages/client/scripts/contract/files.ts';
import { operationsSource } from '../../../packages/client/scripts/operations-source.ts';
import { type Contract, operationsIn } from './grown-document.ts';
import { routerSource } from './router-source.ts';

const client = fileURLToPath(new URL('../../../packages/client', import.meta.url));
export const tsc = fileURLToPath(new URL('../../../node_modules/.bin/tsc', import.meta.url));

export interface Project {
  readonly folder: string;
  readonly program: string;
}

/** The programs of the two contenders. Both do the work of one page of a portal. */
const work = {
  sdk: `import { createClient, isRegistryError } from '@tenant-registry/client';
const client = createClient({ url: 'http://localhost', token: 'x' });
export async function page(id: string) {
  const tenant = await client.tenants.get({ id });
  const { items } = await client.apiKeys.list({ tenant_id: tenant.id });
  try {
    await client.tenants.update({ id, plan: 'basic' });
  } catch (error) {
    if (isRegistryError(error, 'not_found')) return undefined;
  }
  return { status: tenant.status, keys: items.map(({ name }) => name.toUpperCase()) };
}
`,
  trpc: `import { createTRPCClient, httpLink, TRPCClientError } from '@trpc/client';
import type { AppRouter } from '@tenant-registry/server/router';
const client = createTRPCClient<AppRouter>({ links: [httpLink({ url: 'http://localhost' })] });
export async function page(id: string) {
  const tenant = await client.tenants.get.query({ id });
  const { items } = await client.apiKeys.list.query({ status: 'closed' });
  try {
    await client.tenants.update.mutate({ slug: tenant.slug, plan: 'basic' });
  } catch (error) {
    if (error instanceof TRPCClientError) return undefined;
  }
  return { status: tenant.status, keys: items.map(({ name }) => name.toUpperCase()) };
}
`,
} as const;

export type Contender = keyof typeof work;

/** Writes both projects, and builds the SDK's declarations with the configuration of the published package. */
export async function writeProjects(folder: string, contract: Contract): Promise<Record<Contender, Project>> {
  const [server, sdk] = [join(folder, 'server'), join(folder, 'client')];
  await writePackage(server, '@tenant-registry/server', { './router': './router.ts' });
  await writeFile(join(server, 'router.ts'), routerSource(operationsIn(contract.manifest)));
  await writeSdk(sdk, contract);
  const projects = {
    sdk: await writeProgram(join(folder, 'sdk'), work.sdk),
    trpc: await writeProgram(join(folder, 'trpc'), work.trpc),
  };
  await link(projects.sdk.folder, sdk, 'client');
  await link(projects.trpc.folder, server, 'server');
  return projects;
}

async function writeSdk(folder: string, { document, manifest }: Contract): Promise<void> {
  await writePackage(folder, '@tenant-registry/client', {
    '.': { types: './dist/index.d.ts', default: './dist/index.js' },
  });
  await cp(join(client, 'src'), join(folder, 'src'), { recursive: true });
  const generated = join(folder, 'src/generated');
  await rm(generated, { recursive: true });
  for (const [name, source] of contractFiles(document, manifest)) {
    await mkdir(dirname(join(generated, name)), { recursive: true });
    await writeFile(join(generated, name), source);
  }
  await writeFile(join(folder, 'src/operations.ts'), operationsSource(manifest));
  await writeJson(join(folder, 'tsconfig.json'), {
    extends: join(client, 'tsconfig.build.json'),
    compilerOptions: { rootDir: 'src', outDir: 'dist' },
    include: ['src/**/*.ts'],
  });
  await promisify(execFile)(tsc, ['-p', folder]).catch(({ stdout }) => Promise.reject(new Error(stdout)));
}

async function writePackage(folder: string, name: string, exports: object): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeJson(join(folder, 'package.json'), { name, version: '1.0.0', type: 'module', exports });
}

async function writeProgram(folder: string, source: string): Promise<Project> {
  const program = join(folder, 'program.ts');
  await writePackage(folder, 'program', {});
  await writeFile(program, source);
  const compilerOptions = {
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    target: 'es2022',
    lib: ['es2022', 'dom'],
    types: [],
    module: 'nodenext',
  };
  await writeJson(join(folder, 'tsconfig.json'), { compilerOptions, files: ['program.ts'] });
  return { folder, program };
}

async function link(from: string, to: string, name: string): Promise<void> {
  const scope = join(from, 'node_modules/@tenant-registry');
  await mkdir(scope, { recursive: true });
  await symlink(to, join(scope, name), 'junction');
}

async function writeJson(path: string, value: object): Promise<void> {
  await writeFile(path, JSON.stringify(value));
}
