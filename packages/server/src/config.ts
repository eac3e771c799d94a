/** The only reader of the environment: says all that is wrong with it at once, by name, before anything starts. */
import { availableParallelism } from 'node:os';
import { urlMistakes } from '@tenant-registry/db';
import { z } from 'zod';
import type { OidcConfig } from './authentication/oidc/config.ts';
import { oidcConfigOf, oidcContradictions, oidcEnvironment } from './authentication/oidc/environment.ts';
import type { Limits } from './http/guard.ts';
import { wrongProxy } from './http/trusted-proxies.ts';
import type { Catalog } from './kernel/catalog.ts';
import { type OutboundEntry, outboundEntry } from './kernel/outbound/policy.ts';
import { CatalogError, readCatalog } from './modules/catalog/catalog-file.ts';
import { defaultCatalog } from './modules/catalog/default-catalog.ts';

/** What an Authorization header can carry, and nobody guesses. */
const SECRET = /^[!-~]{32,4096}$/;

const int = (min: number, max: number, fallback: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be between ${min} and ${max}`)
    .default(fallback);

const listIn = (list = '') => (list === '' ? [] : list.split(',').map((entry) => entry.trim()));

const secrets = (what: string) =>
  z
    .string()
    .transform(listIn)
    .refine(
      (list) => list.every((secret) => SECRET.test(secret)),
      `each ${what} must have 32 to 4096 visible ASCII characters (several are separated by commas)`,
    )
    .default([]);

const databaseUrl = z
  .string()
  .superRefine((url, context) => {
    for (const { message } of urlMistakes(url)) context.addIssue({ code: 'custom', message });
  })
  .optional();

const catalogFile = z
  .string()
  .transform((path, context): Catalog => {
    try {
      return readCatalog(path);
    } catch (error) {
      if (!(error instanceof CatalogError)) throw error;
      for (const message of error.mistakes) context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
  })
  .optional();

const trustProxy = z
  .string()
  .superRefine((list, context) => {
    const wrong = wrongProxy(list);
    if (wrong === undefined) return;
    const message = `has ${JSON.stringify(wrong)}, which is no address and no network (10.1.0.0/16)`;
    context.addIssue({ code: 'custom', message });
  })
  .optional();

const outboundAllow = z
  .string()
  .transform((list, context) => list.split(',').map((text) => readOutboundEntry(text.trim(), context)))
  .default([]);

function readOutboundEntry(text: string, context: z.RefinementCtx): OutboundEntry {
  const entry = outboundEntry(text);
  if (entry !== undefined) return entry;
  context.addIssue({
    code: 'custom',
    message: `has ${JSON.stringify(text)}, which is no host, host:port, address or network`,
  });
  return z.NEVER;
}

const PORT_MAX = 65_535;

/** `127.0.0.1:8091`, `[::1]:8091`. */
const listenAddress = z
  .string()
  .transform((text, context) => {
    const [, host, port = ''] = /^(\[[0-9a-f:.]+\]|[^:\s]+):(\d{1,5})$/i.exec(text) ?? [];
    if (host !== undefined && Number(port) <= PORT_MAX)
      return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
    context.addIssue({ code: 'custom', message: 'must be host:port, such as 127.0.0.1:8091' });
    return z.NEVER;
  })
  .optional();

const ARGON2_DEFAULT_MAX = 4;

/** One core is left to those who answer. */
function argon2Default(): number {
  return Math.max(1, Math.min(ARGON2_DEFAULT_MAX, availableParallelism() - 1));
}

const environment = z.object({
  APP_ENV: z.enum(['dev', 'stage', 'prod']).default('dev'),
  HOST: z.string().default('127.0.0.1'),
  PORT: int(0, PORT_MAX, 8090),
  DATABASE_URL: databaseUrl,
  DATABASE_DIRECT_URL: databaseUrl,
  DATABASE_CONNECTIONS_MAX: int(1, 1000, 10),
  DATA_DIR: z.string().default('.data'),
  MIGRATE_ON_START: z.enum(['true', 'false']).optional(),
  OPERATOR_TOKEN: secrets('token'),
  INTERNAL_TOKEN: secrets('token'),
  API_KEY_PEPPER: secrets('pepper'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  TRUST_PROXY: trustProxy,
  SHUTDOWN_TIMEOUT_MS: int(0, 600_000, 10_000),
  ARGON2_CONCURRENCY_MAX: int(1, 64, argon2Default()),
  ARGON2_QUEUE_MAX: int(0, 10_000, 200),
  INTERNAL_ADDR: listenAddress,
  RATE_LIMIT_PER_MINUTE: int(0, 10_000_000, 6_000),
  RATE_LIMIT_ANONYMOUS_PER_MINUTE: int(0, 10_000_000, 300),
  RATE_LIMIT_FAILURES_PER_MINUTE: int(0, 10_000_000, 20),
  EVENT_LOOP_DELAY_MAX_MS: int(0, 60_000, 1_000),
  AUTHORITY_LEASE_MS: int(0, 60_000, 2_000).refine((ms) => ms === 0 || ms >= 500, 'must be 0 or between 500 and 60000'),
  CATALOG_FILE: catalogFile,
  OUTBOUND_ALLOW: outboundAllow,
  ...oidcEnvironment,
});

/** Every variable that is read. */
export const variableNames: readonly string[] = Object.keys(environment.shape);

export interface Config {
  readonly appEnv: 'dev' | 'stage' | 'prod';
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** PostgreSQL; undefined means the embedded engine. */
  readonly databaseUrl: string | undefined;
  /** The same database without the pooler that `databaseUrl` leads through; undefined when there is none. */
  readonly databaseDirectUrl: string | undefined;
  readonly databaseConnectionsMax: number;
  /** Where the embedded engine and the development tokens live. */
  readonly dataDir: string;
  readonly migrateOnStart: boolean;
  /** Whether missing tokens are made: only where nobody else can reach them. */
  readonly makesTokens: boolean;
  readonly tokens: { readonly operator: readonly string[]; readonly internal: readonly string[] };
  /** Where `/v1/internal` is served, and only there; null: beside everything else. */
  readonly internalAddress: { readonly host: string; readonly port: number } | null;
  readonly limits: Limits;
  /** Newest first: what makes the stored digests of API keys. */
  readonly apiKeyPeppers: readonly string[];
  readonly logLevel: string;
  /** Addresses of proxies whose X-Forwarded-For is believed, as Fastify's `trustProxy`. */
  readonly trustProxy: string | false;
  readonly shutdownTimeoutMs: number;
  readonly argon2: { readonly concurrencyMax: number; readonly queueMax: number };
  /** How long a change of authority may wait for a replica that answers from memory; 0: none does. */
  readonly authorityLeaseMs: number;
  /** What can be sold: the file's content, or the two built-in products. */
  readonly catalog: Catalog;
  /** Hosts and networks that are not public and may be fetched from all the same. */
  readonly outboundAllow: readonly OutboundEntry[];
  /** Whose tokens are believed besides our own; null when no issuer is named. */
  readonly oidc: OidcConfig | null;
}

/** Thrown for an environment that cannot be started with; one line per mistake, each with its variable. */
export class ConfigError extends Error {
  constructor(mistakes: readonly string[]) {
    super(`the environment has mistakes:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** Returns the configuration (of the process, unless given another environment), or throws `ConfigError` with all mistakes. Empty variables count as absent. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const { success, data, error } = environment.safeParse(given);
  const wrong = (error?.issues ?? []).map(({ path, message }) => `${String(path[0])} ${message}`);
  const mistakes = [...wrong, ...contradictions(given), ...oidcContradictions(given)];
  if (!success || mistakes.length > 0) throw new ConfigError(mistakes);
  return {
    appEnv: data.APP_ENV,
    host: data.HOST,
    port: data.PORT,
    databaseUrl: data.DATABASE_URL,
    databaseDirectUrl: data.DATABASE_DIRECT_URL,
    databaseConnectionsMax: data.DATABASE_CONNECTIONS_MAX,
    dataDir: data.DATA_DIR,
    migrateOnStart: data.MIGRATE_ON_START === undefined ? data.APP_ENV === 'dev' : data.MIGRATE_ON_START === 'true',
    makesTokens: makesTokens(given),
    tokens: { operator: data.OPERATOR_TOKEN, internal: data.INTERNAL_TOKEN },
    internalAddress: data.INTERNAL_ADDR ?? null,
    limits: {
      principalPerMinute: data.RATE_LIMIT_PER_MINUTE,
      addressPerMinute: data.RATE_LIMIT_ANONYMOUS_PER_MINUTE,
      failuresPerMinute: data.RATE_LIMIT_FAILURES_PER_MINUTE,
      // The embedded engine computes in this process, which is late without being overloaded.
      eventLoopDelayMaxMs: (data.DATABASE_URL ?? given['EVENT_LOOP_DELAY_MAX_MS']) ? data.EVENT_LOOP_DELAY_MAX_MS : 0,
    },
    apiKeyPeppers: data.API_KEY_PEPPER,
    logLevel: data.LOG_LEVEL,
    trustProxy: data.TRUST_PROXY ?? false,
    shutdownTimeoutMs: data.SHUTDOWN_TIMEOUT_MS,
    argon2: { concurrencyMax: data.ARGON2_CONCURRENCY_MAX, queueMax: data.ARGON2_QUEUE_MAX },
    authorityLeaseMs: data.AUTHORITY_LEASE_MS,
    catalog: data.CATALOG_FILE ?? defaultCatalog,
    outboundAllow: data.OUTBOUND_ALLOW,
    oidc: oidcConfigOf(data),
  };
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;
const MADE = 'it is made automatically only with APP_ENV=dev on loopback';

type Given = Readonly<Record<string, string | undefined>>;

function makesTokens({ APP_ENV = 'dev', HOST = '127.0.0.1', INTERNAL_ADDR }: Given): boolean {
  const { host: internalHost = HOST } = listenAddress.safeParse(INTERNAL_ADDR).data ?? {};
  return APP_ENV === 'dev' && LOOPBACK.test(HOST) && LOOPBACK.test(internalHost);
}

/** What each variable allows but their combination does not. */
function contradictions(given: Given): string[] {
  const mistakes: string[] = [];
  const { APP_ENV, DATABASE_URL, OPERATOR_TOKEN, INTERNAL_TOKEN, AUTH_OIDC_ISSUER, API_KEY_PEPPER } = given;
  if (given['DATABASE_DIRECT_URL'] !== undefined && DATABASE_URL === undefined) {
    mistakes.push('DATABASE_DIRECT_URL is the way past a pooler: the one through it, DATABASE_URL, is missing');
  }
  if (APP_ENV === 'prod' && DATABASE_URL === undefined) {
    mistakes.push('DATABASE_URL is missing: the embedded engine is refused when APP_ENV=prod');
  }
  if (listIn(OPERATOR_TOKEN).some((token) => listIn(INTERNAL_TOKEN).includes(token))) {
    mistakes.push('INTERNAL_TOKEN has a token that OPERATOR_TOKEN has too: nobody could tell who sends it');
  }
  const peppers = listIn(API_KEY_PEPPER);
  if (new Set(peppers).size < peppers.length) mistakes.push('API_KEY_PEPPER has the same pepper twice');
  if ([OPERATOR_TOKEN, INTERNAL_TOKEN].flatMap((list) => listIn(list)).some((token) => peppers.includes(token))) {
    mistakes.push('API_KEY_PEPPER has a value that is a token too: callers know tokens, and nobody may know a pepper');
  }
  if (makesTokens(given)) return mistakes;
  if (OPERATOR_TOKEN === undefined && AUTH_OIDC_ISSUER === undefined) {
    mistakes.push(`OPERATOR_TOKEN is missing, and AUTH_OIDC_ISSUER too: one lets operators in; ${MADE}`);
  }
  if (INTERNAL_TOKEN === undefined) mistakes.push(`INTERNAL_TOKEN is missing: ${MADE}`);
  return mistakes;
}
