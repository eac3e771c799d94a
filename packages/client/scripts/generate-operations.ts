/**
 * Writes what the client has to know of the router at run time: which operations exist, and of what kind each is.
 * `--check` writes nothing and fails when the committed file is another one.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { appRouter } from '@tenant-registry/server/router';
import { operationsSource } from './operations-source.ts';

const file = new URL('../src/operations.ts', import.meta.url);
const source = operationsSource(appRouter);

if (process.argv.includes('--check')) {
  if ((await readFile(file, 'utf8').catch(() => '')) !== source) {
    console.error(`${fileURLToPath(file)} is not current: run "pnpm --filter @tenant-registry/client generate"`);
    process.exit(1);
  }
} else {
  await writeFile(file, source);
}
