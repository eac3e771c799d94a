/**
 * `npm run release -- 0.7.0`: prepares a release (docs/releasing.md). Gives the version to every place that names it, makes
 * the present document the one that later ones must keep, and dates the changelog. It commits and publishes nothing, and
 * prints what comes next. A tree with changes, a lower version or an empty changelog is refused before anything is written.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { releasedChangelog } from './release/changelog.ts';
import { setVersion, versionsIn } from './release/places.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const [version = ''] = process.argv.slice(2);

try {
  release();
} catch (error) {
  console.error(`release: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

function release(): void {
  const present = [...new Set(versionsIn(root).map((each) => each.version))];
  const [from = ''] = present;
  if (present.length !== 1) throw new Error(`the places name several versions: ${present.join(', ')}`);
  if (!isFrom(from, version)) throw new Error(`usage: npm run release -- <version>, ${from} or higher`);
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  if (git('status', '--porcelain') !== '') throw new Error('the working tree has changes: commit them first');
  if (git('tag', '--list', `v${version}`) !== '') throw new Error(`the tag v${version} exists`);
  const file = join(root, 'CHANGELOG.md');
  const changelog = releasedChangelog(readFileSync(file, 'utf8'), version, new Date().toISOString().slice(0, 10));

  for (const each of setVersion(root, version)) console.log(`wrote ${each}`);
  writeFileSync(file, changelog);
  console.log('wrote CHANGELOG.md');
  execFileSync('npm', ['run', '-s', 'openapi', '--', '--release'], { cwd: root, stdio: 'inherit' });
  console.log(next(version));
}

/** Whether the version is the present one, which a break of the contract may have raised already, or a later one. */
function isFrom(from: string, wanted: string): boolean {
  if (!/^\d+\.\d+\.\d+(-[\da-z.]+)?$/.test(wanted)) return false;
  if (wanted === from) return true;
  const numbers = (text: string) => text.split(/[.-]/, 3).map(Number);
  const [old, now] = [numbers(from), numbers(wanted)];
  const first = now.findIndex((number, place) => number !== old[place]);
  return first < 0 || Number(now[first]) > Number(old[first]);
}

function next(of: string): string {
  return `
Look at the changes, then:

  npm run check && npm test
  git commit -am 'release: ${of}' && git tag -s v${of} -m ${of}
  git push --follow-tags

docs/releasing.md has what is published then, and how. \`git restore .\` takes all of this back.`;
}
