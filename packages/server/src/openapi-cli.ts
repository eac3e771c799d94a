/**
 * Writes the committed OpenAPI document. With `--check` it writes nothing and tells whether the document is up to date
 * and keeps the promises of the released one (exit 1 when not). With `--release` the document becomes the released one;
 * a document that breaks callers needs a version for that which says so.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Json, member } from './http/openapi/json.ts';
import { openapiDocument } from './http/openapi.ts';
import { breakingChanges } from './openapi-cli/breaking-changes.ts';
import { mayBreak } from './openapi-cli/versions.ts';

const file = new URL('../openapi/openapi.json', import.meta.url);
const released = new URL('../openapi/baseline.json', import.meta.url);

const [mode] = process.argv.slice(2);
const text = `${JSON.stringify(openapiDocument(), null, 2)}\n`;
const document = parse(text);
const baseline = existsSync(released) ? parse(readFileSync(released, 'utf8')) : document;
const broken = breakingChanges(baseline, document).map((each) => `  ${each}`);

if (mode === '--check') {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    fail('packages/server/openapi/openapi.json is not what the router says: run `npm run openapi` and commit it');
  }
  if (broken.length > 0) {
    fail(
      'the document breaks callers of the released one:',
      ...broken,
      'Make it compatible; or, if that is meant, raise the first number of the version in package.json (the second',
      'while the first is 0) and run `npm run openapi -- --release`.',
    );
  }
} else {
  writeFileSync(file, text);
  console.log('wrote packages/server/openapi/openapi.json');
  if (mode === '--release') {
    if (broken.length > 0 && !mayBreak(versionOf(baseline), versionOf(document))) {
      fail(
        'this breaks callers, so the first number of the version (the second while the first is 0) must grow:',
        ...broken,
      );
    } else {
      writeFileSync(released, text);
      console.log('wrote packages/server/openapi/baseline.json');
    }
  }
}

function parse(json: string): Json {
  return JSON.parse(json) as Json; // a document that was written here
}

function versionOf(of: Json): string {
  return String(member(of, 'info')['version']);
}

function fail(...lines: string[]): void {
  for (const line of lines) console.error(line);
  process.exitCode = 1;
}
