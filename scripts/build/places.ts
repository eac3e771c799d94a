/** The folders that the build reads and writes. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const server = join(root, 'packages/server');
/** What leads to the sources of packages of this repository. */
export const conditionNames = ['@tenant-registry/source', 'node'];
export const db = join(root, 'packages/db');
