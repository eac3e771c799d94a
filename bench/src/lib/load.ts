import { createHistogram, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';

/** A request that is not the same for all connections. */
export interface OwnRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** A URL to load with POST requests. Connection i sends `bodies[i % bodies.length]` repeatedly, unless it rotates. */
export interface Target {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodies: readonly string[];
  /** Lets each connection continue with another body after each answer. */
  readonly rotates?: boolean;
  /** The requests of a connection, which sends them in turn; then `bodies` is not used. */
  readonly requestsOf?: (connection: number) => readonly OwnRequest[];
  /** Tells from the body of a 2xx answer whether the work was done. It runs for each response, so it must be cheap. */
  accepts(body: string): boolean;
}

export interface Sample {
  readonly requests: number;
  readonly requests_per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** The share of time in which the load generator was busy. Near 1 the figures describe the generator, not the server. */
  readonly generator_busy: number;
}

export interface LoadOptions {
  readonly connections: number;
  readonly seconds: number;
  /** The largest rate over all connections. Without it each connection sends its next request after each answer. */
  readonly perSecond?: number;
  /** Permits answers other than 2xx. */
  readonly refusals?: boolean;
}

export interface Rounds {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
}

/**
 * Takes a sample of each once per round, after a warm-up of each, and returns the samples of each in order. The order rotates
 * from round to round, so that a drift of the machine affects all of them. Throws what `sampleOf` throws.
 */
export async function runRounds<Each extends { readonly name: string }, One extends Sample>(
  all: readonly Each[],
  { rounds, seconds, warmupSeconds }: Rounds,
  sampleOf: (each: Each, seconds: number) => Promise<One>,
  progress: (line: string) => void,
): Promise<Map<string, One[]>> {
  const samples = new Map<string, One[]>(all.map(({ name }) => [name, []]));
  for (const each of all) {
    progress(`warm-up  ${each.name}`);
    await sampleOf(each, warmupSeconds);
  }
  for (let at = 0; at < rounds; at += 1) {
    for (let turn = 0; turn < all.length; turn += 1) {
      const each = all[(at + turn) % all.length];
      if (each === undefined) continue;
      const sample = await sampleOf(each, seconds);
      samples.get(each.name)?.push(sample);
      progress(`round ${at + 1}  ${each.name.padEnd(24)} ${sample.requests_per_second.toFixed(0).padStart(7)}/s`);
    }
  }
  return samples;
}

/**
 * Sends requests over `connections` keep-alive connections for `seconds`, one at a time on each connection. Throws if a
 * single response was not 2xx, not accepted, an error or late, because a rate that includes failures means nothing.
 */
export async function measure(
  target: Target,
  { connections, seconds, perSecond, refusals = false }: LoadOptions,
): Promise<Sample> {
  const latencyUs = createHistogram(); // autocannon's own histogram counts whole milliseconds
  const before = performance.eventLoopUtilization();
  let connection = 0;
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const options: autocannon.Options = {
      url: target.url,
      method: 'POST',
      headers: { 'content-type': 'application/json', ...target.headers },
      body: target.bodies[0] ?? '',
      connections,
      duration: seconds,
      timeout: 10,
      ...(perSecond === undefined ? {} : { overallRate: perSecond }),
      setupClient(client) {
        let turn = connection;
        connection += 1;
        if (target.requestsOf !== undefined) {
          client.setRequests(
            target
              .requestsOf(turn)
              .map((request) => ({ ...request, headers: { ...target.headers, ...request.headers } })),
          );
          return;
        }
        client.setBody(target.bodies[turn % target.bodies.length] ?? '');
        if (!target.rotates) return;
        client.on('response', () => {
          turn += connections;
          client.setBody(target.bodies[turn % target.bodies.length] ?? '');
        });
      },
      verifyBody: (body) => target.accepts(String(body)),
    };
    const instance = autocannon(options, (error, value) => (error ? reject(error) : resolve(value)));
    instance.on('response', (_client, _status, _bytes, ms) => latencyUs.record(Math.max(1, Math.round(ms * 1000))));
  });
  const busy = performance.eventLoopUtilization(before).utilization;
  const { errors, timeouts, non2xx, mismatches } = result;
  const failures = errors + timeouts + mismatches + (refusals ? 0 : non2xx);
  if (latencyUs.count === 0 || failures > 0) {
    const found = JSON.stringify({ responses: latencyUs.count, errors, timeouts, non2xx, mismatches });
    throw new Error(`${target.name} gave unsuccessful answers: ${found}`);
  }
  await sleep(250); // lets the server finish the requests that were cut off, before the next target starts
  return {
    requests: result.requests.total,
    requests_per_second: round(result.requests.total / result.duration, 1),
    p50_ms: round(latencyUs.percentile(50) / 1000, 3),
    p99_ms: round(latencyUs.percentile(99) / 1000, 3),
    generator_busy: round(busy, 3),
  };
}

/** Returns the middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** Returns `value` with at most `digits` decimals. */
export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
