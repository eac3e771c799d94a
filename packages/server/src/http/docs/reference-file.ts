/** Where the script of the API reference lies. The build puts a file of its own in the place of this one. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** The reference as one script: the package exports no way to it. */
export const referenceFile = join(dirname(require.resolve('@scalar/api-reference')), 'browser/standalone.js');
