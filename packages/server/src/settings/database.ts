/** DATABASE_*: which engine the registry runs on, and where its files are. */
import { urlMistakes } from '@tenant-registry/db';
import { z } from 'zod';
import { defineSettings, variable, whole } from '../kernel/settings.ts';

const databaseUrl = z
  .string()
  .superRefine((url, context) => {
    for (const { message } of urlMistakes(url)) context.addIssue({ code: 'custom', message });
  })
  .optional();

export const databaseSettings = defineSettings({
  variables: {
    DATABASE_URL: variable(databaseUrl, {
      about:
        'PostgreSQL 16 or newer: postgres://user:password@host:5432/database. Empty: the embedded engine in DATA_DIR.',
    }),
    DATABASE_DIRECT_URL: variable(databaseUrl, {
      about:
        'Only when DATABASE_URL leads through a pooler in transaction mode (PgBouncer): the same database without it, for what needs a session of its own.',
    }),
    DATABASE_CONNECTIONS_MAX: variable(whole(1, 1000, 10), {
      about:
        'Connections that one process opens at most, beside one that listens. PROCESSES of them open so many each.',
      shown: 10,
    }),
    DATA_DIR: variable(z.string().default('.data'), {
      about: 'Files of the embedded engine and the tokens of a development start.',
      shown: '.data',
    }),
    MIGRATE_ON_START: variable(z.enum(['true', 'false']).optional(), {
      about:
        'Apply pending migrations at start: true or false. Default: true in dev, false elsewhere (run `npm run migrate -- up`).',
    }),
    SCHEMA_NEWER: variable(z.enum(['refuse', 'accept']).default('refuse'), {
      about:
        'What a start does on a database that a newer release has migrated: refuse, or accept, for a replica of the previous release that starts again during an update, and for going back by one release.',
      shown: 'refuse',
    }),
  },
  read: (data, { APP_ENV = 'dev' }) => ({
    /** PostgreSQL; undefined means the embedded engine. */
    databaseUrl: data.DATABASE_URL,
    /** The same database without the pooler that `databaseUrl` leads through; undefined when there is none. */
    databaseDirectUrl: data.DATABASE_DIRECT_URL,
    databaseConnectionsMax: data.DATABASE_CONNECTIONS_MAX,
    /** Where the embedded engine and the development tokens live. */
    dataDir: data.DATA_DIR,
    migrateOnStart: data.MIGRATE_ON_START === undefined ? APP_ENV === 'dev' : data.MIGRATE_ON_START === 'true',
    acceptsNewerSchema: data.SCHEMA_NEWER === 'accept',
  }),
  contradictions: ({ APP_ENV, DATABASE_URL, DATABASE_DIRECT_URL }) => [
    ...(DATABASE_DIRECT_URL !== undefined && DATABASE_URL === undefined
      ? ['DATABASE_DIRECT_URL is the way past a pooler: the one through it, DATABASE_URL, is missing']
      : []),
    ...(APP_ENV === 'prod' && DATABASE_URL === undefined
      ? ['DATABASE_URL is missing: the embedded engine is refused when APP_ENV=prod']
      : []),
  ],
});

/** Returns how long the database may take, so that its failure is known before the deadline of the request that asks it. */
export function databaseTimeouts({ requestTimeoutMs }: { readonly requestTimeoutMs: number }) {
  return {
    connectTimeoutMs: Math.min(2_000, Math.ceil(requestTimeoutMs / 4)),
    statementTimeoutMs: Math.floor((requestTimeoutMs * 3) / 5),
  };
}
