/**
 * Writes the manifest, from which the client knows at run time the operations of the router and the kind of each.
 * With `--check` it writes nothing and fails if the committed file is outdated.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { appRouter } from '@tenant-registry/server/router';
import { operationsSource } from './operations-source.ts';

const file = new URL('../src/operations.ts', import.meta.url);
const source = operationsSource(appRouter);

if (process.argv.includes('--check')) {
  if ((await readFile(file, 'utf8').catch(() => '')) !== source) {
    console.error(`${fileURLToPath(file)} is outdated: run "npm run generate" in packages/client`);
    process.exit(1);
  }
} else {
  await writeFile(file, source);
}
