import { globSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { defineConfig } from 'vitest/config';

const CLIENTS = 'packages/generated-clients';
const every = globSync('packages/*/{src,test}/**/*.test.ts', {
  exclude: (path) => path.includes('node_modules') || path.includes(CLIENTS),
});

/**
 * A test file runs on PGlite and on PostgreSQL, unless its first line says otherwise: `// engine: none` for one that
 * opens no database, or one of its own; `// engine: pglite` for one about that engine alone; `// engine: postgres` for one
 * about that engine, or about what no engine changes (protocols, other systems, signatures) beside a file that has both.
 */
const engineOf = (file: string) => /^\/\/ engine: (\w+)\n/.exec(readFileSync(file, 'utf8'))?.[1] ?? 'both';
const on = (...engines: string[]) => every.filter((file) => engines.includes(engineOf(file)));

/** Packages of this repository are tested from their sources. */
const SOURCES = ['@tenant-registry/source', 'module', 'node', 'development|production'];

// V8 ends the process now and then when it frees code of the engine in one of many threads (nodejs/node issue 64500).
setFlagsFromString('--no-wasm-code-gc');

const LIMIT_MS = 300_000;

/** Go programs of the tests run for seconds: no optimizing, no debug information, no C, and one cache for them all. */
const go = {
  CGO_ENABLED: '0',
  GOFLAGS: `${process.env['GOFLAGS'] ?? ''} "-gcflags=all=-N -l -dwarf=false" -ldflags=-w`.trim(),
};

export default defineConfig({
  resolve: { conditions: SOURCES },
  ssr: { resolve: { conditions: SOURCES } },
  test: {
    env: go,
    // Threads that stay: a test file costs neither a process nor another compilation of PGlite. It has a database of
    // its own all the same, and modules keep no state.
    pool: 'threads',
    isolate: false,
    // One more than the two cores of the machine for which the suite is measured: much of a test is a wait for another
    // process, which leaves a core idle.
    maxWorkers: 3,
    // No test asserts a time, so a limit only ends what hangs: it must not end what is slow on an oversubscribed machine.
    testTimeout: LIMIT_MS,
    hookTimeout: LIMIT_MS,
    teardownTimeout: LIMIT_MS,
    expect: { poll: { timeout: LIMIT_MS, interval: 20 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'pure',
          include: on('none'),
          globalSetup: 'packages/artefact/test/support/packed-setup.ts',
        },
      },
      {
        extends: true,
        test: {
          name: 'pglite',
          include: on('both', 'pglite'),
          globalSetup: 'packages/db/src/testing/pglite-setup.ts',
          provide: { engine: 'pglite' },
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: on('both', 'postgres'),
          globalSetup: 'packages/db/src/testing/postgres-setup.ts',
          provide: { engine: 'postgres' },
        },
      },
      // Vitest begins with this project, by its name: its compilers and downloads run beside tests on PGlite.
      { extends: true, test: { name: 'clients', include: [`${CLIENTS}/test/*.test.ts`] } },
    ],
  },
});
