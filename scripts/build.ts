/**
 * `npm run build`: writes dist/ (or the folder that --out names) anew: all that a machine with Node ≥ 22 needs to run the
 * registry, and the command `migrate` as one executable, which needs no Node at all. Equal sources give equal bytes.
 */
import { rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from './build/bundle.ts';
import { executable } from './build/executable.ts';
import { root } from './build/places.ts';

const { values } = parseArgs({ options: { out: { type: 'string' } } });
const folder = values.out === undefined ? join(root, 'dist') : resolve(values.out);
const started = performance.now();
rmSync(folder, { recursive: true, force: true });
await bundle(folder);
await executable(folder);
console.log(`${relative(root, folder)}/ is built (${((performance.now() - started) / 1_000).toFixed(1)} s)`);
