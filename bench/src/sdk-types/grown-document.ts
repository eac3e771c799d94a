/** The registry's operations, as they are and with copies of them, as if it had several times as many. */
import { readFile } from 'node:fs/promises';
import { appRouter } from '@tenant-registry/server/router';
import type { OpenApiDocument } from '../../../packages/client/scripts/contract/document.ts';
import { manifestOf, type Tree } from '../../../packages/client/scripts/manifest.ts';

export interface Contract {
  readonly document: OpenApiDocument;
  readonly manifest: Tree;
}

/** Resolves to the contract of the registry. */
export async function presentContract(): Promise<Contract> {
  const file = new URL('../../../packages/server/openapi/openapi.json', import.meta.url);
  return { document: JSON.parse(await readFile(file, 'utf8')), manifest: manifestOf(appRouter) };
}

/** Returns the contract with all operations so many times, each copy with groups, paths and schemas of its own. */
export function grown(contract: Contract, times: number): Contract {
  const copies = Array.from({ length: times - 1 }, (_, index) => copyOf(contract, `Copy${index + 1}`));
  const all = [contract, ...copies];
  const { document } = contract;
  const paths = Object.assign({}, ...all.map((each) => each.document.paths));
  const schemas = Object.assign({}, ...all.map((each) => each.document.components.schemas));
  return {
    document: { ...document, paths, components: { ...document.components, schemas } },
    manifest: Object.assign({}, ...all.map(({ manifest }) => manifest)),
  };
}

function copyOf({ document, manifest }: Contract, suffix: string): Contract {
  const text = JSON.stringify(document)
    .replaceAll(/("#\/components\/schemas\/\w+)"/g, `$1${suffix}"`)
    .replaceAll(/("operationId":"\w+)"/g, `$1_${suffix}"`);
  const copy: OpenApiDocument = JSON.parse(text);
  const moved = (text: string) => text.replaceAll('/v1/', `/v1/${suffix}/`);
  const schemas = renamed(copy.components.schemas, (name) => `${name}${suffix}`);
  return {
    document: { ...copy, paths: renamed(copy.paths, moved), components: { schemas } },
    manifest: renamed(JSON.parse(moved(JSON.stringify(manifest))), (group) => `${group}${suffix}`),
  };
}

function renamed<Value>(values: Readonly<Record<string, Value>>, name: (key: string) => string): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [name(key), value]));
}

/** Returns the number of operations. */
export function operationsIn(manifest: Tree): number {
  return Object.values(manifest).flatMap(Object.keys).length;
}
