/**
 * Writes what the client knows of the registry: at run time the operations of the router and the kind of each, and for the
 * compiler the interfaces that the OpenAPI document describes. With `--check` it writes nothing and fails if a committed
 * file is outdated.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedSources, outdated } from './generated-sources.ts';

const sources = await generatedSources();
const files = await outdated(sources);

if (process.argv.includes('--check')) {
  for (const file of files)
    console.error(`${fileURLToPath(file)} is outdated: run "npm run generate" in packages/client`);
  process.exitCode = files.length > 0 ? 1 : 0;
} else {
  for (const file of files) await write(file);
}

async function write(file: string): Promise<void> {
  const source = sources.get(file);
  if (source === undefined) return rm(new URL(file));
  await mkdir(dirname(fileURLToPath(file)), { recursive: true });
  await writeFile(new URL(file), source);
}
