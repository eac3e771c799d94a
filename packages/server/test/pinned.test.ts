// engine: none
/** Versions of what is installed: of libraries, and of the tools that check the code. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const EXACT = /^(\d+\.\d+\.\d+(-[\w.]+)?|workspace:\*)$/;

// proves A35
test('every dependency of every package is one exact version, so that a check today is the check of tomorrow', () => {
  const files = globSync(['package.json', 'bench/package.json', '{packages,examples}/*/package.json'], { cwd: root });
  const wanted = files.flatMap((file) => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, file), 'utf8'));
    return Object.entries<string>({ ...dependencies, ...devDependencies }).map(([name, version]) => ({
      name,
      version,
      file,
    }));
  });
  expect(wanted.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      '@biomejs/biome',
      'typescript',
      'knip',
      'vitest',
      '@redocly/cli',
      '@stoplight/spectral-cli',
    ]),
  );
  expect(wanted.filter(({ version }) => !EXACT.test(version))).toEqual([]);
});
