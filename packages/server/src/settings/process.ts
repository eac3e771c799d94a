/** APP_ENV and what one process is told about itself. */
import { z } from 'zod';
import { defineSettings, PORT_MAX, variable, whole } from '../kernel/settings.ts';

const processes = z
  .string()
  .regex(/^(auto|[1-9]|[1-5]\d|6[0-4])$/, 'must be a whole number from 1 to 64, or auto')
  .default('1');

const EMBEDDED_IS_ALONE =
  'PROCESSES must be 1 or auto without DATABASE_URL: the embedded engine computes in the process that opened it, and locks its files against every other';

export const processSettings = defineSettings({
  variables: {
    APP_ENV: variable(z.enum(['dev', 'stage', 'prod']).default('dev'), {
      about: 'dev, stage or prod. prod refuses the embedded database and `migrate down`.',
      shown: 'dev',
    }),
    HOST: variable(z.string().default('127.0.0.1'), {
      about: 'Where to listen. Beyond loopback, or outside dev, credentials must be set (see below).',
      shown: '127.0.0.1',
    }),
    PORT: variable(whole(0, PORT_MAX, 8090), { shown: 8090 }),
    PROCESSES: variable(processes, {
      about:
        'Processes that serve HOST and PORT together: a number, or auto for one on each core. Each is a replica with its own connections (DATABASE_CONNECTIONS_MAX) and gates (ARGON2_CONCURRENCY_MAX); the limits RATE_LIMIT_* hold for all of them together. One supervisor starts them, replaces those that end, and one after the other on SIGHUP. The embedded engine has one process.',
      shown: 1,
    }),
    LOG_LEVEL: variable(z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'), {
      about: 'fatal, error, warn, info, debug, trace or silent. One JSON object a line on standard output.',
      shown: 'info',
    }),
    SHUTDOWN_TIMEOUT_MS: variable(whole(0, 600_000, 10_000), {
      about: 'After SIGTERM: how long requests under way may take before the process ends anyway.',
      shown: 10_000,
    }),
    SHUTDOWN_IDLE_MS: variable(whole(0, 60_000, 1_000), {
      about:
        'After SIGTERM: how long a connection without a request stays open for one that is already on its way. At most half of SHUTDOWN_TIMEOUT_MS.',
      shown: 1_000,
    }),
  },
  read: (data) => ({
    appEnv: data.APP_ENV,
    host: data.HOST,
    /** 0 lets the system choose. */
    port: data.PORT,
    /** As it is said: `auto`, or how many. */
    processes: data.PROCESSES === 'auto' ? ('auto' as const) : Number(data.PROCESSES),
    logLevel: data.LOG_LEVEL as string,
    shutdownTimeoutMs: data.SHUTDOWN_TIMEOUT_MS,
    // Waiting for requests must not make the process end by its time limit; 0 is none.
    shutdownIdleMs: Math.min(data.SHUTDOWN_IDLE_MS, (data.SHUTDOWN_TIMEOUT_MS || Number.POSITIVE_INFINITY) / 2),
  }),
  contradictions: ({ PROCESSES = '1', DATABASE_URL }) =>
    DATABASE_URL === undefined && !['1', 'auto'].includes(PROCESSES) ? [EMBEDDED_IS_ALONE] : [],
});
