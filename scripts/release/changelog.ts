/** The changelog at a release: what was unreleased gets the version and the day. Pure. */

const UNRELEASED = '## [Unreleased]\n';

/** Returns the changelog with a heading for the version; throws where there is nothing to release, or it was released. */
export function releasedChangelog(text: string, version: string, day: string): string {
  const start = text.indexOf(UNRELEASED);
  if (start < 0) throw new Error('CHANGELOG.md has no heading [Unreleased]');
  if (text.includes(`## [${version}]`)) throw new Error(`CHANGELOG.md says that ${version} was released`);
  const rest = text.slice(start + UNRELEASED.length);
  const [notes = ''] = rest.split(/^## \[/m);
  if (!/^- /m.test(notes)) throw new Error('CHANGELOG.md names no change under [Unreleased]');
  return `${text.slice(0, start)}${UNRELEASED}\n## [${version}] - ${day}\n${rest}`;
}
