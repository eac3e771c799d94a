/** Programs with the SDK, which change, read, verify and follow; and what they were told, to be held against the database. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient, createVerifier, isRegistryError, type Verifier } from '@tenant-registry/client';
import type { Db } from '@tenant-registry/db';

const PAUSE_MS = 10;

export interface Tokens {
  readonly operator: string;
  readonly internal: string;
}

interface Told {
  /** Ids of tenants and keys, and of the keys that are revoked. */
  readonly tenants: string[];
  readonly keys: string[];
  readonly revoked: string[];
  /** The newest name of each tenant that was answered. */
  readonly names: Map<string, string>;
  /** Secrets of keys that nobody revokes. */
  readonly kept: string[];
}

export interface Report {
  readonly calls: number;
  /** A sentence for each call that failed, its retries included. */
  readonly failed: readonly string[];
  /** A sentence for each answer that was not true. */
  readonly wrong: readonly string[];
  readonly told: Told;
  /** The tenants that the feed of events told of, in its order. */
  readonly followed: readonly string[];
}

export interface Load {
  /** Resolves when each of the programs was answered this many times more. */
  more(calls: number): Promise<void>;
  /** Resolves when all that was begun is answered, and the feed of events told of all tenants. */
  stop(): Promise<Report>;
}

interface Program {
  readonly name: string;
  calls: number;
}

interface Running {
  readonly told: Told;
  readonly failed: string[];
  readonly wrong: string[];
  readonly clients: { readonly operator: Client; readonly product: Client; readonly verifier: Verifier };
  /** The addresses of all replicas that serve now: each must refuse a key whose revocation was answered. */
  readonly replicas: readonly string[];
  readonly internal: string;
  ended: boolean;
}

/** Sends through the proxy until it is stopped. Every client is one of the SDK, with its own defaults. */
export function startLoad(proxy: { readonly url: string; readonly replicas: readonly string[] }, tokens: Tokens): Load {
  const { url, replicas } = proxy;
  const [operator, product] = [
    createClient({ url, token: tokens.operator }),
    createClient({ url, token: tokens.internal }),
  ];
  const verifier = createVerifier({ client: product, ttlMs: 1_000 });
  const told: Told = { tenants: [], keys: [], revoked: [], names: new Map(), kept: [] };
  const running: Running = {
    ...{ told, failed: [], wrong: [], clients: { operator, product, verifier } },
    ...{ replicas, internal: tokens.internal, ended: false },
  };
  const programs: Program[] = ['writer', 'second writer', 'reader', 'verifier'].map((name) => ({ name, calls: 0 }));
  const work = [write, write, read, verify];
  const ended = Promise.all(programs.map((program, n) => work[n]?.(running, program)));
  const following = new AbortController();
  const followed: string[] = [];
  const feed = follow(running, followed, following.signal);
  return {
    async more(calls) {
      const wanted = programs.map((program) => program.calls + calls);
      while (programs.some((program, n) => program.calls < (wanted[n] ?? 0))) await sleep(PAUSE_MS);
    },
    async stop() {
      running.ended = true;
      await ended;
      verifier.close();
      while (told.tenants.some((id) => !followed.includes(id))) await sleep(PAUSE_MS);
      following.abort();
      await feed;
      const calls = programs.reduce((sum, program) => sum + program.calls, 0);
      return { calls, failed: running.failed, wrong: running.wrong, told, followed };
    },
  };
}

/** Resolves to undefined when the call failed, which is noted. */
async function attempt<T>(running: Running, program: Program, call: () => PromiseLike<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    running.failed.push(`${program.name}: ${error.message}`);
    return undefined;
  } finally {
    program.calls += 1;
    await sleep(PAUSE_MS);
  }
}

async function write(running: Running, program: Program): Promise<void> {
  const { told, clients } = running;
  const { operator } = clients;
  for (let number = 0; !running.ended; number += 1) {
    const slug = `u-${program.name.replace(' ', '-')}-${number}`;
    const tenant = await attempt(running, program, () => operator.tenants.create({ slug, name: 'new' }));
    if (tenant === undefined) continue;
    const { id } = tenant;
    told.tenants.push(id);
    const [kept, other] = [
      await attempt(running, program, () => operator.apiKeys.create({ tenant_id: id, name: 'kept' })),
      await attempt(running, program, () => operator.apiKeys.create({ tenant_id: id, name: 'to be revoked' })),
    ];
    for (const made of [kept, other]) if (made !== undefined) told.keys.push(made.id);
    if (kept?.key !== undefined) told.kept.push(kept.key);
    const name = `named ${number}`;
    const named = await attempt(running, program, () => operator.tenants.update({ id, name }));
    if (named !== undefined) told.names.set(id, name);
    if (other?.key !== undefined) await revoke(running, program, { id: other.id, key: other.key });
  }
}

/** Every replica has verified the key before, so that each remembers it; none may accept it afterwards. */
async function revoke(running: Running, program: Program, key: { readonly id: string; readonly key: string }) {
  const { told, clients, replicas, wrong } = running;
  for (const url of replicas) await verdictAt(running, url, key.key);
  const done = await attempt(running, program, async () => {
    await clients.operator.apiKeys.revoke({ id: key.id });
    return true;
  });
  if (done === undefined) return;
  told.revoked.push(key.id);
  for (const url of replicas) {
    if ((await verdictAt(running, url, key.key)) === true) wrong.push(`${url} accepts the revoked key ${key.id}`);
  }
}

/** Past the proxy and without repetition; undefined while the replica ends. */
async function verdictAt({ internal }: Running, url: string, key: string): Promise<boolean | undefined> {
  const client = createClient({ url, token: internal, retries: 0 });
  try {
    return (await client.apiKeys.verify({ key })).valid;
  } catch {
    return undefined;
  }
}

async function read(running: Running, program: Program): Promise<void> {
  const { told, clients, wrong } = running;
  while (!running.ended) {
    const id = oneOf(told.tenants);
    if (id === undefined) await sleep(PAUSE_MS);
    else {
      const [before, tenant] = [
        told.names.get(id),
        await attempt(running, program, () => clients.operator.tenants.get({ id })),
      ];
      if (before !== undefined && tenant !== undefined && tenant.name !== before) {
        wrong.push(`the tenant ${id} is read as ${tenant.name} after ${before} was answered`);
      }
      await attempt(running, program, () => clients.operator.audit.list({ tenant_id: id, limit: 5 }));
    }
  }
}

/** By turns from the registry, and from the memory that the feed of changes keeps. */
async function verify(running: Running, program: Program): Promise<void> {
  const { told, clients, wrong } = running;
  while (!running.ended) {
    const key = oneOf(told.kept);
    if (key === undefined) await sleep(PAUSE_MS);
    else {
      const verdicts = [
        await attempt(running, program, async () => await clients.product.apiKeys.verify({ key })),
        await attempt(running, program, () => clients.verifier.verify(key)),
      ];
      for (const verdict of verdicts) {
        if (verdict?.valid === false) wrong.push(`a key that is valid is refused: ${verdict.code}`);
      }
    }
  }
}

async function follow(running: Running, followed: string[], signal: AbortSignal): Promise<void> {
  const feed = running.clients.product.events.subscribeAll({ types: ['tenant.created'], after: 'start' }, { signal });
  for await (const { tenant_id } of feed) if (tenant_id !== null) followed.push(tenant_id);
}

function oneOf<T>(things: readonly T[]): T | undefined {
  return things[Math.floor(Math.random() * things.length)];
}

/** Returns a sentence for each answered change that the database does not have, or has recorded not exactly once. */
export async function lostIn(db: Db, { told, followed }: Report): Promise<string[]> {
  const tenants = await db.selectFrom('tenants').select(['id', 'name']).execute();
  const names = new Map(tenants.map(({ id, name }) => [id, name]));
  const lost = told.tenants.filter((id) => !names.has(id)).map((id) => `the tenant ${id} is not there`);
  for (const [id, name] of told.names) if (names.get(id) !== name) lost.push(`the tenant ${id} is not named ${name}`);
  const wanted = { 'tenant.created': told.tenants, 'api_key.created': told.keys, 'api_key.revoked': told.revoked };
  const rows = await db.selectFrom('audit_log').select(['action as type', 'target_id as id']).execute();
  const events = await db.selectFrom('events').select(['event_type as type', 'aggregate_id as id']).execute();
  const queued = await db.selectFrom('outbox_events').select(['event_type as type', 'aggregate_id as id']).execute();
  for (const [place, found] of Object.entries({ 'audit row': rows, event: [...events, ...queued] })) {
    const counts = Map.groupBy(found, ({ type, id }) => `${type} of ${id}`);
    for (const [type, ids] of Object.entries(wanted)) {
      for (const name of ids.map((id) => `${type} of ${id}`)) {
        const count = counts.get(name)?.length ?? 0;
        if (count !== 1) lost.push(`${name} has ${count} times an ${place}`);
      }
    }
  }
  if (new Set(followed).size !== followed.length) lost.push('the feed of events told of a tenant twice');
  return lost;
}
