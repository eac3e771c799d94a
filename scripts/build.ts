/**
 * `npm run build`: writes dist/, all that a machine with Node ≥ 22 needs to run the registry, and the command `migrate` as
 * one executable, which needs no Node at all. Equal sources give equal bytes.
 */
import { rmSync } from 'node:fs';
import { relative } from 'node:path';
import { bundle } from './build/bundle.ts';
import { executable } from './build/executable.ts';
import { dist, root } from './build/places.ts';

const started = performance.now();
rmSync(dist, { recursive: true, force: true });
await bundle();
await executable();
console.log(`${relative(root, dist)}/ is built (${((performance.now() - started) / 1_000).toFixed(1)} s)`);
