import { randomBytes } from 'node:crypto';
import { round } from '../lib/load.ts';
import { bearer, type Setup } from './contender.ts';
import { createRegistry, verifyUrl } from './tenant-registry.ts';

/** One tenant may have an eighth of the queue of proofs, so a burst of cold keys is one of several tenants. */
const TENANTS = 10;

export interface ColdResult {
  readonly keys: number;
  /** The time from the first question to the last answer. */
  readonly seconds: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** The lag of the server's event loop meanwhile, by the server's own monitor, whose resolution is 10 ms. */
  readonly event_loop_lag_p99_ms: number;
  readonly argon2_computations: number;
}

/**
 * Creates keys, ends the process that created them, starts a new one and verifies all keys at once. Throws unless each
 * key is accepted.
 */
export async function measureCold(setup: Setup, keyCount: number, pepper: boolean): Promise<ColdResult> {
  const env: Record<string, string> = pepper ? { API_KEY_PEPPER: randomBytes(32).toString('hex') } : {};
  const registry = await createRegistry(setup, pepper ? 'cold-pepper' : 'cold');
  const keys = await makeKeys(registry, keyCount, env);
  const server = await registry.start(env, setup.stack);
  const headers = bearer(registry.internalToken);
  // Compilation and connecting at the first requests of a process stay out of the measurement.
  await Promise.all(Array.from({ length: 32 }, () => verify(verifyUrl(server), headers, unknownKey())));
  await figures(server.url, headers); // each read of /metrics starts a new count of the lag
  const before = await figures(server.url, headers);
  const start = performance.now();
  const answers = await Promise.all(keys.map((key) => verify(verifyUrl(server), headers, key)));
  const seconds = (performance.now() - start) / 1000;
  const after = await figures(server.url, headers);
  const refused = answers.find(({ text }) => !text.includes('"valid":true'));
  if (refused !== undefined) throw new Error(`a good key was refused: ${refused.text}`);
  const times = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share: number): number => round(times[Math.ceil(times.length * share) - 1] ?? Number.NaN, 1);
  return {
    keys: keyCount,
    seconds: round(seconds, 3),
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    event_loop_lag_p99_ms: round(after.lagP99 * 1000, 1),
    argon2_computations: after.argon2 - before.argon2,
  };
}

async function makeKeys(
  registry: Awaited<ReturnType<typeof createRegistry>>,
  count: number,
  env: Readonly<Record<string, string>>,
): Promise<string[]> {
  await using stack = new AsyncDisposableStack();
  const keys = await registry.makeKeys(await registry.start(env, stack), count, TENANTS);
  return keys; // the await above keeps the process, which ends with this scope, until all keys exist
}

function unknownKey(): string {
  return `bp_${randomBytes(16).toString('base64url')}`;
}

async function verify(url: string, headers: Readonly<Record<string, string>>, key: string) {
  const start = performance.now();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ key }),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  return { text, ms: performance.now() - start };
}

async function figures(url: string, headers: Readonly<Record<string, string>>) {
  const response = await fetch(`${url}/metrics`, { headers: { ...headers }, signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  const read = (series: string): number =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')[1] ?? 0,
    );
  return {
    lagP99: read('nodejs_eventloop_lag_p99_seconds'),
    argon2: read('tenant_registry_argon2_seconds_count{operation="verify"}'),
  };
}
