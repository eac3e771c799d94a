/** The test suite of JSON Schema, draft 2020-12, where its folder is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Json } from '../../src/modules/config-schemas/validation/engine/json.ts';

export interface SuiteGroup {
  readonly file: string;
  readonly description: string;
  readonly schema: Json;
  readonly tests: readonly { readonly description: string; readonly data: Json; readonly valid: boolean }[];
}

export interface Suite {
  readonly groups: readonly SuiteGroup[];
  /** By the URI under which the suite refers to them. */
  readonly remotes: ReadonlyMap<string, Json>;
}

/** The number of required cases of the release that the figures are of. */
export const REQUIRED_CASES = 1_299;

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Returns the folder of the suite: `JSON_SCHEMA_TEST_SUITE`, or one beside the repository; undefined where there is none. */
export function suiteFolder(): string | undefined {
  const name = 'shared/data/json-schema-test-suite';
  const folders = [process.env['JSON_SCHEMA_TEST_SUITE'], join(root, '..', name), join(root, '../..', name)];
  return folders.find((folder) => folder !== undefined && existsSync(join(folder, 'tests/draft2020-12')));
}

/** Reads all required cases, and the remote schemas that are not of another draft. */
export function readSuite(folder: string): Suite {
  const tests = join(folder, 'tests/draft2020-12');
  const groups = readdirSync(tests)
    .filter((file) => file.endsWith('.json'))
    .flatMap((file) => (read(join(tests, file)) as Omit<SuiteGroup, 'file'>[]).map((group) => ({ file, ...group })));
  const remotes = readdirSync(join(folder, 'remotes'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json') && !/^(draft(?!2020-12)|v1)/.test(file))
    .map((file) => [`http://localhost:1234/${file}`, read(join(folder, 'remotes', file)) as Json] as const);
  return { groups, remotes: new Map(remotes) };
}

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
