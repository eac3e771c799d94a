/** The packages that are published, as npm packs them: built once in a run of the tests, whoever asks first. */
import { execFile } from 'node:child_process';
import { access, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import type {} from './packed-setup.ts';

const run = promisify(execFile);
export const root = fileURLToPath(new URL('../../../..', import.meta.url));
export const published = ['client', 'db', 'server', 'testing'] as const;
export type Published = (typeof published)[number];
export const bins = join(root, 'node_modules/.bin');

/** As a consumer has it: nothing of this repository but its Node, and the caller's own registry. */
const { NODE_OPTIONS: _, NODE_ENV: __, TEST: ___, VITEST: ____, ...own } = process.env;
export const env = { ...own, PATH: `${bins}:${own['PATH']}` };

/** Returns the tarball of the package. Two builds of one package at a time would each remove what the other one wrote. */
export async function packed(name: Published): Promise<string> {
  const folder = join(inject('packed'), name);
  const tarball = join(folder, 'package.tgz');
  const isFirst = await mkdir(folder).then(
    () => true,
    () => false,
  );
  if (isFirst) await rename(await pack('npm', name, folder), tarball);
  while (!(await exists(tarball))) await sleep(50);
  return tarball;
}

/** Packs the package by that tool; without scripts it takes the build that is there. Returns the tarball. */
export async function pack(tool: 'npm' | 'pnpm', name: Published, to: string, ...args: string[]): Promise<string> {
  // PATH has the Node of this repository first, which npm then runs on too.
  const { stdout } = await run(tool, ['pack', '--pack-destination', to, ...args], {
    cwd: join(root, 'packages', name),
    env,
  });
  const [file = ''] = /[\w.-]+\.tgz$/m.exec(stdout.trim()) ?? [];
  return join(to, file);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
