/** A real server on a real port over a real engine, for one test file; each test in it makes its own tenant. */
import { randomBytes } from 'node:crypto';
import type { DatabaseHandle } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import type { MemoryWorld } from '@tenant-registry/provisioner/testing';
import { afterAll, beforeAll } from 'vitest';
import { type App, type AppOptions, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { Clock } from '../../src/kernel/clock.ts';
import type { Leases } from '../../src/kernel/leases.ts';
import { createLogger } from '../../src/kernel/logger.ts';
import type { Outbound } from '../../src/kernel/outbound.ts';
import type { Argon2Tags } from '../../src/kernel/secrets/argon2.ts';
import { testConfig } from '../../src/testing.ts';
import { checkAgainstDocument } from './document.ts';
import { refuseLeaks, secretsIn } from './secrets.ts';

export interface TestClock {
  readonly now: Clock;
  advance(ms: number): void;
  /** Makes time stand still, but for `advance`: for a test whose requests must all come at one time. */
  stop(): void;
}

export interface CallOptions {
  readonly body?: unknown;
  /** Absent: the operator's. Null: no credential. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON, text of another media type, or null when there was no body. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

export interface TestServer {
  readonly url: string;
  readonly operatorToken: string;
  readonly internalToken: string;
  readonly clock: TestClock;
  readonly app: App;
  /** Every line that was logged. */
  readonly logs: readonly string[];
  /** Calls `POST /v1/tenants` style: `call('POST /v1/tenants', { body })`. Every answer under /v1 is held against the document. */
  call(operation: string, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
}

export const DAY_MS = 86_400_000;
/** An id that nothing has. */
export const UNKNOWN = '01890000-0000-7000-8000-000000000000';

export interface TestServerOptions extends Partial<AppOptions['config']> {
  /** Absent: one of its own. */
  readonly database?: DatabaseHandle;
  readonly outbound?: Outbound;
  readonly leases?: Leases;
  readonly tracing?: AppOptions['tracing'];
  readonly argon2Tags?: Argon2Tags;
  /** A clock beside the one of the real database. Absent: the test moves the clock of both. */
  readonly processClock?: Clock;
}

/**
 * Starts one; it fetches from public addresses only and limits no caller, unless told otherwise. Its `close` fails when a
 * secret was seen where none belongs.
 */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { database = await testDatabase(), outbound, leases, argon2Tags, processClock, tracing, ...config } = options;
  const logs: string[] = [];
  const answers: string[] = [];
  const clock = testClock();
  const operatorToken = `test_operator_${randomBytes(24).toString('hex')}`;
  const internalToken = `test_internal_${randomBytes(24).toString('hex')}`;
  const app = await createApp({
    config: { ...testConfig, tokens: { operator: [operatorToken], internal: [internalToken] }, ...config },
    database,
    clock: processClock ?? clock.now,
    ...(processClock === undefined ? { databaseTime: async () => clock.now() } : {}),
    logger: createLogger('info', { write: (line) => void logs.push(line) }),
    ...(outbound === undefined ? {} : { outbound }),
    tracing,
    ...(leases === undefined ? {} : { leases }),
    ...(argon2Tags === undefined ? {} : { argon2Tags }),
  });
  const keys = [
    ...(config.apiKeyPeppers ?? []),
    ...(config.secretsKeys ?? testConfig.secretsKeys),
    ...(config.auditSigningKeys ?? testConfig.auditSigningKeys),
  ];
  const secrets = new Set([operatorToken, internalToken, ...keys]);
  const url = await app.server.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    operatorToken,
    internalToken,
    clock,
    app,
    logs,
    async call(operation, { token = operatorToken, ...given } = {}) {
      const { text, answer } = await request(url, operation, { ...given, token });
      if (token?.includes('.')) secrets.add(token);
      for (const secret of secretsIn(given, answer)) secrets.add(secret);
      answers.push(keepText(text, answer, secrets));
      return answer;
    },
    async close() {
      await app.close();
      try {
        for (const password of madePasswords(app)) secrets.add(password);
        const metrics = await app.deps.metrics.registry.metrics();
        await refuseLeaks({ secrets, logs, answers, metrics, db: app.deps.db });
      } finally {
        await database.close();
      }
    },
  };
}

/** Returns the passwords of the databases that were made in memory. */
function madePasswords({ deps }: App): string[] {
  return [...deps.databaseWorld.provisioners.values()]
    .flatMap((provisioner) =>
      'world' in provisioner
        ? [...(provisioner.world as MemoryWorld).databases.values()].flatMap(({ passwords }) =>
            Object.values(passwords),
          )
        : [],
    )
    .filter((password) => password !== null);
}

/**
 * Starts a server before the tests of the file, or of the block, and closes it after them. What it returns can be used
 * from then on; options that have to be made first are made by a function.
 */
export function testServer(options: TestServerOptions | (() => Promise<TestServerOptions>) = {}): TestServer {
  let started: TestServer | undefined;
  beforeAll(async () => {
    started = await startTestServer(typeof options === 'function' ? await options() : options);
  });
  afterAll(() => started?.close());
  const get = (_: object, name: string | symbol) => {
    if (started === undefined) throw new Error('the server starts before the first test, and not earlier');
    return Reflect.get(started, name);
  };
  return new Proxy({}, { get }) as TestServer; // each member is the started server's
}

/** Asks, and holds the answer against the document. */
async function request(url: string, operation: string, { body, token, headers }: CallOptions) {
  const [method = '', path = ''] = operation.split(' ');
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await textOf(response);
  const answer: Answer = {
    status: response.status,
    headers: response.headers,
    body: text === '' && !isStream(response) ? null : isJson(response) ? JSON.parse(text) : text,
  };
  checkAgainstDocument(method, path, answer);
  return { text, answer };
}

/** Remembers a key, a secret of a webhook, a CSRF token or the token of a link that an answer is there to show, and returns the rest of the answer. */
function keepText(text: string, { status, body }: Answer, secrets: Set<string>): string {
  const csrf: unknown = body?.csrf_token ?? body?.result?.data?.csrf_token;
  const link: unknown = typeof body?.url === 'string' ? body.url.split('#token=')[1] : undefined;
  const made: readonly unknown[] = status === 201 ? [body?.id && body.key, body?.secret] : [];
  const shown = [...made, csrf, link].filter((secret) => typeof secret === 'string');
  for (const secret of shown) secrets.add(secret);
  return shown.reduce((rest, secret) => rest.replace(secret, ''), text);
}

/** The configuration that trusts the issuer, with Keycloak's names of claims and roles. */
export function oidcFor({ url, audience }: { readonly url: string; readonly audience: string }) {
  const { oidc } = readConfig({ AUTH_OIDC_ISSUER: url, AUTH_OIDC_AUDIENCE: audience });
  return oidc;
}

/** All of it; of a stream of events, which never ends, its first piece. */
async function textOf(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text();
  const reader = response.body?.getReader();
  const first = await reader?.read();
  await reader?.cancel();
  return new TextDecoder().decode(first?.value);
}

/** The text of a stream may be empty, and is a text all the same. */
function isStream({ headers }: Response): boolean {
  return /ndjson|csv/.test(headers.get('content-type') ?? '');
}

function isJson({ headers }: Response): boolean {
  return /^application\/(problem\+)?json\b/.test(headers.get('content-type') ?? '');
}

function testClock(): TestClock {
  let offset = 0;
  let stoppedAt: number | undefined;
  return {
    now: () => new Date((stoppedAt ?? Date.now()) + offset),
    advance(ms) {
      offset += ms;
    },
    stop() {
      stoppedAt ??= Date.now();
    },
  };
}

let count = 0;

/** A slug that no other test has. */
export function uniqueSlug(): string {
  count += 1;
  return `t${count}-${randomBytes(6).toString('hex')}`;
}

/** Creates a tenant of its own for a test and returns it. */
export async function newTenant(server: TestServer, fields: Record<string, unknown> = {}) {
  const { status, body } = await server.call('POST /v1/tenants', {
    body: { slug: uniqueSlug(), name: 'Test', ...fields },
  });
  if (status !== 201) throw new Error(`could not create a tenant: ${JSON.stringify(body)}`);
  return body;
}

/** Creates a tenant and takes it along the lifecycle to the status. */
export async function tenantIn(server: TestServer, status: 'trial' | 'active' | 'frozen' | 'archived') {
  const tenant = await newTenant(server);
  const steps = { trial: [], active: ['activate'], frozen: ['cancel'], archived: ['cancel', 'archive'] }[status];
  let current = tenant;
  for (const step of steps) current = (await server.call(`POST /v1/tenants/${tenant.id}/${step}`)).body;
  return current;
}

/** The audit rows of a tenant, oldest first, straight from the table. */
export function auditOf({ app }: TestServer, tenantId: string) {
  return app.deps.db.selectFrom('audit_log').selectAll().where('target_id', '=', tenantId).orderBy('id').execute();
}

/** Entitles a tenant to a product: to one that supports projects, unless told otherwise. */
export async function entitle(server: TestServer, tenant_id: string, fields: Record<string, unknown> = {}) {
  const { status, body } = await server.call('PUT /v1/entitlements', {
    body: { tenant_id, product: 'certifai', ...fields },
  });
  if (status !== 200) throw new Error(`could not entitle the tenant: ${JSON.stringify(body)}`);
  return body;
}

/** Creates a project in a tenant, which is entitled to have one. */
export async function newProject(server: TestServer, tenant_id: string, fields: Record<string, unknown> = {}) {
  await entitle(server, tenant_id);
  const { status, body } = await server.call('POST /v1/projects', {
    body: { tenant_id, slug: uniqueSlug(), name: 'Test', ...fields },
  });
  if (status !== 201) throw new Error(`could not create a project: ${JSON.stringify(body)}`);
  return body;
}

/** Makes something in a tenant through the API: `madeIn(server, tenant_id, 'api-keys', { name: 'ci' })`. */
export async function madeIn(server: TestServer, tenant_id: string, path: string, fields: Record<string, unknown>) {
  const { status, body } = await server.call(`POST /v1/${path}`, { body: { tenant_id, ...fields } });
  if (status !== 201) throw new Error(`could not make one of ${path}: ${JSON.stringify(body)}`);
  return body;
}

/** Everything that the audit log says of a tenant and what is in it, oldest first, straight from the table. */
export function trailOf({ app }: TestServer, tenantId: string) {
  return app.deps.db.selectFrom('audit_log').selectAll().where('tenant_id', '=', tenantId).orderBy('id').execute();
}

/** Runs one batch of the worker as it would run in the background; returns how much it did. */
export function runWorker({ app }: TestServer, name: string): Promise<number> {
  const worker = app.workers.find((each) => each.name === name);
  if (worker === undefined) throw new Error(`there is no worker ${name}`);
  return worker.runOnce(app.deps, AbortSignal.timeout(30_000));
}
