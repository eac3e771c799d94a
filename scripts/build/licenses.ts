/** The licenses of all that the bundle holds of others, in one file beside it: they ask for that. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './places.ts';

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
}

/** Writes dist/licenses.txt for the packages to which these files belong. */
export function licenses(dist: string, files: readonly string[]): void {
  const folders = new Set(files.filter((file) => file.includes('node_modules')).map(packageOf));
  const texts = [...folders].flatMap((folder) => (folder === undefined ? [] : [textOf(folder)]));
  writeFileSync(join(dist, 'licenses.txt'), `${[...new Set(texts)].sort().join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
}

/** The folder of the package that the file belongs to: the first one above it whose manifest has a version. */
function packageOf(file: string): string | undefined {
  const clean = file.replace(/^\0+/, '').replace(/[?#].*$/, '');
  for (let folder = dirname(clean); folder.startsWith(root); folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && manifestOf(folder).version !== undefined) return folder;
  }
  return undefined;
}

function textOf(folder: string): string {
  const { name, version, license = 'no license named' } = manifestOf(folder);
  const file = readdirSync(folder)
    .sort()
    .find((each) => /^licen[cs]e/i.test(each));
  const text = file === undefined ? '' : `\n\n${readFileSync(join(folder, file), 'utf8').trim()}`;
  return `${name} ${version} (${license})${text}`;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
