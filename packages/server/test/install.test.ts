// engine: none
/** The answers of npm when it is asked to install a workspace that only pnpm can. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'registry-'));
  for (const file of ['.npmrc', 'package-lock.json']) cpSync(join(root, file), join(folder, file));
  // Without dependencies, so that no registry is asked.
  const { devDependencies: _, ...manifest } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const scripts = { ...manifest.scripts, start: 'echo started' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, scripts }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function npm(...args: readonly string[]) {
  // A lifecycle script sets variables that would speak of the project whose script it is.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
  const { status, stdout, stderr } = spawnSync('npm', [...args, '--offline'], { cwd: folder, env, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

test.each(['install', 'ci'])('npm %s installs nothing and says what to run instead', (command) => {
  const { status, output } = npm(command);
  expect(status).not.toBe(0);
  expect(output).toContain('run npm start or npm test, which install with pnpm what is missing');
  expect(existsSync(join(folder, 'node_modules'))).toBe(false);
});

test('npm start still runs', () => {
  const { status, output } = npm('start');
  expect([status, output]).toEqual([0, expect.stringContaining('started')]);
});
