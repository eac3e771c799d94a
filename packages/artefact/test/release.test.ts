// engine: none
/** A release: one version in every place, and a changelog that tells what it has. */
import { cpSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { releasedChangelog } from '../../../scripts/release/changelog.ts';
import { setVersion, versionsIn } from '../../../scripts/release/places.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

test('packages, document, chart and the page on deployment name one version', () => {
  const named = versionsIn(root);
  expect(named.filter((each) => each.version !== version)).toEqual([]);
  const files = named.map(({ file }) => file);
  expect(files).toEqual(
    expect.arrayContaining([
      'package.json',
      'deploy/helm/tenant-registry/Chart.yaml',
      'docs/deploy.md',
      'packages/server/openapi/openapi.json',
      'pnpm-lock.yaml',
      ...['client', 'db', 'server', 'testing'].map((name) => join('packages', name, 'package.json')),
    ]),
  );
  const twice = files.filter((file, place) => files.indexOf(file) !== place);
  // The version and the neighbour of the package, and both versions of the chart.
  expect(twice.sort()).toEqual(['deploy/helm/tenant-registry/Chart.yaml', 'packages/testing/package.json']);
});

test('a new version is written into every place, and nothing else changes', async () => {
  const copy = await mkdtemp(join(tmpdir(), 'release-'));
  onTestFinished(() => rm(copy, { recursive: true }));
  const before = versionsIn(root);
  const files = [...new Set(before.map(({ file }) => file))];
  for (const file of files) cpSync(join(root, file), join(copy, file));
  expect(setVersion(copy, '7.0.0-rc.1')).toEqual(files.sort());
  expect(versionsIn(copy)).toEqual(before.map(({ file }) => ({ file, version: '7.0.0-rc.1' })));
  expect(setVersion(copy, version).length).toBe(files.length);
  for (const file of files)
    expect(await readFile(join(copy, file), 'utf8')).toBe(await readFile(join(root, file), 'utf8'));
});

test('the changelog gets a heading with the day, and is refused where nothing is new or the version is old', () => {
  const text = '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A thing.\n\n## [0.1.0] - 2026-01-01\n\n- The first.\n';
  const released = releasedChangelog(text, '0.2.0', '2026-02-02');
  expect(released).toBe(text.replace('## [Unreleased]\n', '## [Unreleased]\n\n## [0.2.0] - 2026-02-02\n'));
  expect(() => releasedChangelog(released, '0.3.0', '2026-03-03')).toThrow('names no change');
  expect(() => releasedChangelog(text, '0.1.0', '2026-02-02')).toThrow('was released');
  expect(() => releasedChangelog('# Changelog\n', '0.1.0', '2026-02-02')).toThrow('no heading');
});
