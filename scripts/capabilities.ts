/** Writes docs/capabilities.md, or with `--check` only tells whether it is what would be written. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pageOf } from './capabilities/page.ts';
import { findProofs } from './capabilities/proofs.ts';
import { readRegister } from './capabilities/register.ts';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const root = fileURLToPath(new URL('..', import.meta.url));
const file = join(root, 'docs/capabilities.md');
const page = pageOf(root, readRegister(root), findProofs(root).proofs);

if (!values.check) writeFileSync(file, page);
else if (!existsSync(file) || readFileSync(file, 'utf8') !== page) {
  process.stderr.write('docs/capabilities.md is not what the register and the tests say: run `npm run capabilities`\n');
  process.exitCode = 1;
}
