/** Servers over one store of configurations, for proofs about it: started, killed, started again, and asked. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '@tenant-registry/db';
import { OPERATOR, type ServerProcess, startServer } from '../support/server-process.ts';

/** Longer than the store is waited for; less than a request may take at all. */
const PATIENCE_MS = 8_000;

/** Where configurations are, and what has to be true there in the end. */
export interface ProvenStore {
  readonly name: string;
  /** What servers need to be told. */
  readonly env: Readonly<Record<string, string>>;
  /** Resolves when the database has all that was written, which needs a server. */
  settled(): Promise<void>;
  /** Returns sentences about what does not fit between the store and the database. */
  contradictions(db: Db): Promise<readonly string[]>;
}

/** Configurations in the database itself. */
export function postgresStore(): ProvenStore {
  return { name: 'postgres', env: {}, settled: async () => {}, contradictions: async () => [] };
}

export interface ConfigReplica {
  /** Changes when it is started again. */
  address(): string;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Starts servers on the database. */
export async function startConfigReplicas(
  url: string,
  { env, count }: { readonly env: Readonly<Record<string, string>>; readonly count: number },
): Promise<readonly ConfigReplica[]> {
  return Promise.all(Array.from({ length: count }, () => startReplica(url, env)));
}

async function startReplica(url: string, env: Readonly<Record<string, string>>): Promise<ConfigReplica> {
  let server: ServerProcess | undefined = await startServer(url, env);
  let { address } = server;
  return {
    address: () => address,
    async kill() {
      const killed = server;
      server = undefined;
      killed?.child.kill('SIGKILL');
      await killed?.ended;
    },
    async start() {
      server = await startServer(url, env);
      address = server.address;
    },
  };
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the proof asks for what it means
  readonly body: any;
}

export interface Question {
  readonly method: string;
  readonly path: string;
  readonly body?: object | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks as the operator, with patience; resolves to undefined when there was no answer, or not all of it. */
export async function ask(address: string, { method, path, body, headers }: Question): Promise<Answer | undefined> {
  try {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(address + path, {
      method,
      headers: { authorization: `Bearer ${OPERATOR}`, ...type, ...headers },
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** How long a busy machine may keep a server from making a project. */
const SETUP_MS = 240_000;

/** Makes a project in a tenant of its own, however often the server has too much to do; throws when it refuses. */
export async function makeProject(address: string): Promise<string> {
  const deadline = Date.now() + SETUP_MS;
  for (;;) {
    const answer = await tryProject(address);
    if (answer?.status === 201) return answer.body.id;
    const isBusy = answer === undefined || answer.status === 503;
    if (!isBusy || Date.now() > deadline) throw new Error(`there is no project: ${JSON.stringify(answer)}`);
    await sleep(50);
  }
}

/** Resolves to the last answer: that of the project, or the first that is no success. */
async function tryProject(address: string): Promise<Answer | undefined> {
  const slug = `c-${randomBytes(8).toString('hex')}`;
  const named = { slug, name: 'Configurations' };
  const tenant = await ask(address, { method: 'POST', path: '/v1/tenants', body: named });
  if (tenant?.status !== 201) return tenant;
  const tenant_id = tenant.body.id;
  const entitlement = { tenant_id, product: 'certifai' };
  const entitled = await ask(address, { method: 'PUT', path: '/v1/entitlements', body: entitlement });
  if (entitled === undefined || entitled.status >= 300) return entitled;
  return ask(address, { method: 'POST', path: '/v1/projects', body: { tenant_id, ...named } });
}
