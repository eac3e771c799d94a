/** The packages of others that a bundle holds. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './places.ts';

export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly license?: string;
}

export interface Package {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly manifest: Manifest;
}

/** Returns the packages to which these files belong, each version once, without those of this repository. */
export function packagesOf(files: readonly string[]): Package[] {
  const folders = new Set(files.filter((file) => file.includes('node_modules')).map(folderOf));
  const found = [...folders].flatMap((folder) => (folder === undefined ? [] : [packageIn(folder)]));
  // pnpm has a folder for each set of peers.
  return [...new Map(found.map((each) => [`${each.name}@${each.version}`, each])).values()];
}

/** The folder of the package that the file belongs to: the first one above it whose manifest has a version. */
function folderOf(file: string): string | undefined {
  const clean = file.replace(/^\0+/, '').replace(/[?#].*$/, '');
  for (let folder = dirname(clean); folder.startsWith(root); folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && manifestIn(folder).version !== undefined) return folder;
  }
  return undefined;
}

function packageIn(folder: string): Package {
  const manifest = manifestIn(folder);
  return { folder, name: manifest.name ?? '', version: manifest.version ?? '', manifest };
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
