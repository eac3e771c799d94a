/**
 * `npm run build`: writes dist/ (or the folder that --out names) anew: all that a machine with Node ≥ 22 needs to run the
 * registry, with the licenses and the bill of materials of what it holds of others, and the command `migrate` as one
 * executable, which needs no Node at all. Equal sources give equal bytes.
 * `--package server` and `--package testing` write what those packages publish.
 */
import { rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { recipeHash } from '../packages/testing/src/snapshot-recipe.ts';
import { bundle } from './build/bundle.ts';
import { executable } from './build/executable.ts';
import { licenses } from './build/licenses.ts';
import type { Package } from './build/packages.ts';
import { db, root, server } from './build/places.ts';
import { sbom } from './build/sbom.ts';

const commands = { 'tenant-registry': join(server, 'src/cli.ts'), migrate: join(db, 'src/cli.ts') };

/** The in-process registry for the tests of others. */
async function testing(folder: string): Promise<Package[]> {
  const input = { index: join(root, 'packages/testing/src/index.ts') };
  const recipe = `export const recipeHash = async () => '${await recipeHash()}';`;
  const replaced = { 'packages/testing/src/snapshot-recipe.ts': recipe };
  return bundle({ folder, input, external: ['@tenant-registry/client'], replaced });
}

const { values } = parseArgs({ options: { out: { type: 'string' }, package: { type: 'string' } } });
const folder = values.out === undefined ? join(root, 'dist') : resolve(values.out);
const started = performance.now();
rmSync(folder, { recursive: true, force: true });
const packages = values.package === 'testing' ? await testing(folder) : await bundle({ folder, input: commands });
const isWhole = values.package === undefined;
if (isWhole) await executable(folder);
licenses(folder, packages);
sbom(folder, packages, { product: values.package ?? 'server', withNode: isWhole });
console.log(`${relative(root, folder)}/ is built (${((performance.now() - started) / 1_000).toFixed(1)} s)`);
