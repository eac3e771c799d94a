/** Changes and questions through the proxy, as programs with the SDK send them. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient, isRegistryError } from '@tenant-registry/client';
import { type Attempt, createRecorder } from './attempts.ts';
import { type Replica, tokens } from './fleet.ts';
import { type KeyEntry, type Ledger, nameOf, type TenantEntry } from './ledger.ts';
import { verdictAt } from './verdict.ts';

const WRITERS = 6;
const READERS = 3;
const PAUSE_MS = 15;
/** Options of the SDK for a caller that would rather wait than hear of a failover. */
const PATIENT = { retries: 10, timeoutMs: 60_000 };

export interface Report {
  /** Of the SDK: its retries are in it. */
  readonly calls: number;
  /** Calls that rejected, by their code. */
  readonly failed: Readonly<Record<string, number>>;
  readonly failures: number;
  /** HTTP requests of changes, and of questions. */
  readonly writes: readonly Attempt[];
  readonly reads: readonly Attempt[];
  /** Of a caller that repeats its calls for a minute. */
  readonly patient: { readonly calls: number; readonly failures: number };
}

export interface Load {
  stop(): Promise<Report>;
}

interface Running {
  readonly ledger: Ledger;
  readonly replicas: readonly Replica[];
  readonly failed: Record<string, number>;
  calls: number;
  ended: boolean;
}

/** Sends until it is stopped. What is acknowledged goes into the ledger. */
export function startLoad(
  url: string,
  given: { readonly ledger: Ledger; readonly replicas: readonly Replica[] },
): Load {
  const running: Running = { ...given, failed: {}, calls: 0, ended: false };
  const patient: Running = { ...given, failed: {}, calls: 0, ended: false };
  const [writes, reads] = [createRecorder(), createRecorder()];
  const writer = createClient({ url, token: tokens.operator, fetch: writes.fetch });
  const reader = createClient({ url, token: tokens.operator, fetch: reads.fetch });
  const product = createClient({ url, token: tokens.internal, fetch: reads.fetch });
  const patiently = createClient({ url, token: tokens.operator, ...PATIENT });
  const workers = [
    write(patient, patiently),
    ...Array.from({ length: WRITERS }, () => write(running, writer)),
    ...Array.from({ length: READERS }, () => read(running, { reader, product })),
  ];
  return {
    async stop() {
      running.ended = true;
      patient.ended = true;
      await Promise.all(workers);
      const { calls, failed } = running;
      return {
        ...{ calls, failed, failures: sumOf(failed), writes: writes.attempts, reads: reads.attempts },
        patient: { calls: patient.calls, failures: sumOf(patient.failed) },
      };
    },
  };
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Resolves to undefined when the call was refused or not answered. */
async function attempt<T>(running: Running, work: () => PromiseLike<T>): Promise<T | undefined> {
  running.calls += 1;
  try {
    return await work();
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    const name = `${error.status ?? ''} ${error.code}`.trim();
    running.failed[name] = (running.failed[name] ?? 0) + 1;
    return undefined;
  } finally {
    await sleep(PAUSE_MS);
  }
}

async function write(running: Running, client: Client): Promise<void> {
  const { ledger } = running;
  while (!running.ended) {
    const slug = `h-${randomBytes(10).toString('hex')}`;
    const made = await attempt(running, () => client.tenants.create({ slug, name: nameOf(0) }));
    if (made === undefined) continue;
    const tenant: TenantEntry = { id: made.id, acknowledged: 0, sent: 0 };
    ledger.tenants.push(tenant);
    ledger.acknowledged += 1;
    await rename(running, client, tenant);
    const key = await makeKey(running, client, tenant);
    await rename(running, client, tenant);
    if (key !== undefined) await revoke(running, client, key);
    await makeKey(running, client, tenant);
  }
}

async function rename(running: Running, client: Client, tenant: TenantEntry): Promise<void> {
  tenant.sent += 1;
  const number = tenant.sent;
  const named = await attempt(running, () => client.tenants.update({ id: tenant.id, name: nameOf(number) }));
  if (named === undefined) return;
  tenant.acknowledged = number;
  running.ledger.acknowledged += 1;
}

async function makeKey(running: Running, client: Client, { id }: TenantEntry): Promise<KeyEntry | undefined> {
  const made = await attempt(running, () => client.apiKeys.create({ tenant_id: id, name: 'bench' }));
  // A repeated answer has no secret: the registry gives it once.
  if (made?.key === undefined) return undefined;
  const entry: KeyEntry = { id: made.id, key: made.key, revoking: false };
  running.ledger.keys.push(entry);
  running.ledger.acknowledged += 1;
  return entry;
}

/** Every replica is asked for the key before, so that each remembers it. */
async function revoke(running: Running, client: Client, entry: KeyEntry): Promise<void> {
  await Promise.all(running.replicas.map(({ url }) => verdictAt(url, entry.key)));
  entry.revoking = true;
  const done = await attempt(running, async () => {
    await client.apiKeys.revoke({ id: entry.id });
    return true;
  });
  if (done === undefined) return;
  entry.revokedAt = performance.now();
  running.ledger.acknowledged += 1;
}

async function read(running: Running, { reader, product }: { reader: Client; product: Client }): Promise<void> {
  const { ledger } = running;
  while (!running.ended) {
    const tenant = oneOf(ledger.tenants);
    if (tenant === undefined) await sleep(PAUSE_MS);
    else await attempt(running, () => reader.tenants.get({ id: tenant.id }));
    const entry = oneOf(ledger.keys);
    if (entry !== undefined)
      await attempt(running, async () => void (await product.apiKeys.verify({ key: entry.key })));
  }
}

function oneOf<T>(things: readonly T[]): T | undefined {
  return things[Math.floor(Math.random() * things.length)];
}
