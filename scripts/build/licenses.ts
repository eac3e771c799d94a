/** The licenses of all that the bundle holds of others, in one file beside it: they ask for that. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Package } from './packages.ts';

/** Writes licenses.txt for these packages. */
export function licenses(dist: string, packages: readonly Package[]): void {
  const texts = packages.map(textOf).sort();
  writeFileSync(join(dist, 'licenses.txt'), `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
}

function textOf({ folder, name, version, manifest: { license = 'no license named' } }: Package): string {
  const file = readdirSync(folder)
    .sort()
    .find((each) => /^licen[cs]e/i.test(each));
  const text = file === undefined ? '' : `\n\n${readFileSync(join(folder, file), 'utf8').trim()}`;
  return `${name} ${version} (${license})${text}`;
}
