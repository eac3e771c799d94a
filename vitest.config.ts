import { defineConfig } from 'vitest/config';

/** They open no database, or one of their own, so they run once. */
const engineFree = [
  'packages/client/test/{failure-error,feed,middleware,module-graph,operations,options,package,resilience,retry,sse,types,verifier}.test.ts',
  'packages/db/test/{cli-calls,database-config,driver-imports,import-cycles,redact}.test.ts',
  'packages/server/test/{architecture,oidc,oidc-answers,oidc-keys,openapi,register,schema-graph,security-document}.test.ts',
  'packages/server/src/config.test.ts',
  'packages/server/src/{authentication,http}/*.test.ts',
  'packages/server/src/kernel/**/*.test.ts',
  'packages/server/src/modules/tenants/lifecycle.test.ts',
  'packages/server/src/modules/audit/formats.test.ts',
  'packages/server/src/modules/catalog/catalog-file.test.ts',
  'packages/server/src/modules/entitlements/verdict.test.ts',
  'packages/testing/test/*.test.ts',
];
/** They are about one engine, so they run on that one alone. */
const pgliteOnly: string[] = ['packages/db/test/directory-lock.test.ts', 'packages/server/test/{start,stop}.test.ts'];
const postgresOnly: string[] = [
  'packages/db/test/{locks,owners}.test.ts',
  'packages/server/test/lock-order.test.ts',
  'packages/server/test/unavailable.test.ts',
  'packages/server/test/fault.test.ts',
  'packages/server/test/linearizable.test.ts',
];

const every = ['packages/*/{src,test}/**/*.test.ts'];

export default defineConfig({
  test: {
    // Threads that stay: a test file costs neither a process nor another compilation of PGlite. It has a database of
    // its own all the same, and modules keep no state.
    pool: 'threads',
    isolate: false,
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
    projects: [
      { extends: true, test: { name: 'pure', include: engineFree } },
      {
        extends: true,
        test: {
          name: 'pglite',
          include: every,
          exclude: ['**/node_modules/**', ...engineFree, ...postgresOnly],
          globalSetup: 'packages/db/src/testing/pglite-setup.ts',
          provide: { engine: 'pglite' },
        },
      },
      {
        extends: true,
        test: {
          name: 'postgres',
          include: every,
          exclude: ['**/node_modules/**', ...engineFree, ...pgliteOnly],
          globalSetup: 'packages/db/src/testing/postgres-setup.ts',
          provide: { engine: 'postgres' },
        },
      },
    ],
  },
});
