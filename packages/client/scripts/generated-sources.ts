/** All files that are generated, and which of the committed ones differ from them. */
import { readdir, readFile } from 'node:fs/promises';
import { appRouter } from '@tenant-registry/server/router';
import type { OpenApiDocument } from './contract/document.ts';
import { contractFiles } from './contract/files.ts';
import { manifestOf } from './manifest.ts';
import { operationsSource } from './operations-source.ts';

const openapi = new URL('../../server/openapi/openapi.json', import.meta.url);
const folder = new URL('../src/generated/', import.meta.url);
const operations = new URL('../src/operations.ts', import.meta.url);

/** Resolves to the sources by the URLs of their files. */
export async function generatedSources(): Promise<ReadonlyMap<string, string>> {
  const manifest = manifestOf(appRouter);
  const document: OpenApiDocument = JSON.parse(await readFile(openapi, 'utf8'));
  const contract = [...contractFiles(document, manifest)].map(([name, source]) => [urlOf(name), source] as const);
  return new Map([[operations.href, operationsSource(manifest)], ...contract]);
}

/** Resolves to the URLs of files whose content is another one, or that should not exist. */
export async function outdated(sources: ReadonlyMap<string, string>): Promise<string[]> {
  const found = await readdir(folder, { recursive: true }).catch(() => []);
  const surplus = found.filter((name) => name.endsWith('.ts')).map(urlOf);
  const all = [...new Set([...sources.keys(), ...surplus])];
  const committed = await Promise.all(all.map((file) => readFile(new URL(file), 'utf8').catch(() => undefined)));
  return all.filter((file, index) => committed[index] !== sources.get(file));
}

function urlOf(name: string): string {
  return new URL(name, folder).href;
}
