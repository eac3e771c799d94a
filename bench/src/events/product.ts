/** The product on a database of its own, with its workers, beside a receiver of webhooks. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { freePort, startServer } from '../lib/processes.ts';
import type { Surroundings } from './section.ts';

export interface Product {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly client: pg.Client;
  /** Posts, and returns the answer; throws when it is no success. */
  post(path: string, body: object): Promise<{ readonly id: string }>;
  patch(path: string, body: object): Promise<unknown>;
}

interface Stats {
  readonly count: number;
  /** From the first receipt to the last. */
  readonly seconds: number;
}

export interface Receiver {
  readonly url: string;
  /** An URL on which nothing listens. */
  readonly refusing: string;
  forget(): Promise<void>;
  stats(): Promise<Stats>;
  /** Milliseconds from the time of each event to its first receipt. */
  late(): Promise<number[]>;
}

export async function startReceiver({ stack }: Surroundings): Promise<Receiver> {
  const { url } = await startServer('bench/src/servers/webhook-receiver.ts', {}, stack);
  const read = async <T>(path: string, method = 'GET') => (await (await fetch(url + path, { method })).json()) as T;
  return {
    url,
    refusing: `http://127.0.0.1:${await freePort()}`,
    forget: async () => void (await read('/', 'DELETE')),
    stats: () => read<Stats>('/'),
    late: () => read<number[]>('/late'),
  };
}

/** Starts the product, which may deliver to loopback. */
export async function startProduct({ databases, stack }: Surroundings, label: string): Promise<Product> {
  const token = randomBytes(24).toString('hex');
  const connectionString = await databases.createDatabase(label);
  const { url } = await startServer(
    'packages/server/src/main.ts',
    {
      DATABASE_URL: connectionString,
      APP_ENV: 'dev',
      LOG_LEVEL: 'warn',
      OPERATOR_TOKEN: token,
      INTERNAL_TOKEN: randomBytes(24).toString('hex'),
      SECRETS_KEY: randomBytes(32).toString('hex'),
      RATE_LIMIT_PER_MINUTE: '0',
      OUTBOUND_ALLOW: '127.0.0.1',
    },
    stack,
  );
  const client = new pg.Client({ connectionString });
  await client.connect();
  client.on('error', () => undefined); // the next query reports a lost connection
  stack.defer(() => client.end());
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  // A busy machine makes the product shed load. Times begin when a change is made, not when it was first asked for.
  const ask = async (method: string, path: string, body: object, retries = 50): Promise<{ readonly id: string }> => {
    const response = await fetch(url + path, { method, headers, body: JSON.stringify(body) });
    if (response.status === 503 && retries > 0) {
      await response.arrayBuffer();
      await new Promise((resolve) => setTimeout(resolve, 100));
      return ask(method, path, body, retries - 1);
    }
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { readonly id: string };
  };
  return {
    url,
    headers,
    client,
    post: (path, body) => ask('POST', path, body),
    patch: (path, body) => ask('PATCH', path, body),
  };
}

/** Makes tenants and resolves to their ids. */
export async function makeTenants({ post }: Product, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    ids.push((await post('/v1/tenants', { slug: `bench-${n}-${randomBytes(4).toString('hex')}`, name: 'Bench' })).id);
  }
  return ids;
}

/** Waits until the queue is empty and no delivery is due; throws after the time. */
export async function settled({ client }: Product, timeoutMs = 60_000): Promise<void> {
  const text = `select (select count(*) from outbox_events)
    + (select count(*) from webhook_deliveries where state = 'pending' and attempts = 0) as left`;
  await until(async () => Number((await client.query(text)).rows[0].left) === 0, timeoutMs, 'deliveries still wait');
}

/** Asks every 20 ms until the answer is true; throws with the sentence after the time. */
export async function until(ask: () => Promise<boolean>, timeoutMs: number, failure: string): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await ask())) {
    if (performance.now() > deadline) throw new Error(failure);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Calls so many times a second, whether or not earlier calls have been answered, and waits for all answers. */
export async function atRate(perSecond: number, seconds: number, call: (n: number) => Promise<unknown>): Promise<void> {
  const calls: Promise<unknown>[] = [];
  const start = performance.now();
  for (let n = 0; n < perSecond * seconds; n += 1) {
    const waitMs = start + (n * 1000) / perSecond - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    calls.push(call(n));
  }
  await Promise.all(calls);
}
