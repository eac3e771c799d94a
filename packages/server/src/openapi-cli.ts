/** Writes the committed OpenAPI document, or with `--check` tells whether it is up to date (exit 1 when not). */
import { readFileSync, writeFileSync } from 'node:fs';
import { openapiDocument } from './http/openapi.ts';

const file = new URL('../openapi/openapi.json', import.meta.url);
const text = `${JSON.stringify(openapiDocument(), null, 2)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(file, text);
  console.log('wrote packages/server/openapi/openapi.json');
} else if (readFileSync(file, 'utf8') !== text) {
  console.error(
    'packages/server/openapi/openapi.json is not what the router says: run `npm run openapi` and commit it',
  );
  process.exitCode = 1;
}
