/** The time of a request as the number of tenants grows. */
import { Agent, get } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { median, round } from '../lib/load.ts';
import { requestsFor } from './operations.ts';
import { tenantIdOf } from './rows.ts';
import type { Contender, Place } from './world.ts';

const WARMUP_REQUESTS = 30;
/** A slow request may not make a round last for ever: it then has fewer of them, though enough for a p95. */
const ROUND_MS_MAX = 15_000;
const REQUESTS_MIN = 40;

const asked = {
  get: requestsFor.read,
  list: requestsFor.list,
  'search, few match': requestsFor.match,
  'search, none match': requestsFor.none,
  'search, all match': requestsFor.many,
} as const;

export interface FlatResult {
  readonly what: string;
  readonly contender: Contender;
  readonly size: number;
  readonly requests: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  /** p95 over that of the first size: the median of the rounds' ratios, with their extremes in `min` and `max`. */
  readonly ratio: number;
  readonly min: number;
  readonly max: number;
}

export interface FlatOptions {
  readonly rounds: number;
  readonly requests: number;
}

/**
 * Measures each kind of request on each place, one request at a time over a kept connection. Places take turns request by
 * request, so that other load on the machine meets all of them.
 */
export async function measureFlat(
  places: readonly Place[],
  options: FlatOptions,
  progress: (line: string) => void,
): Promise<FlatResult[]> {
  const agent = new Agent({ keepAlive: true });
  const results: FlatResult[] = [];
  for (const [what, pathOf] of Object.entries(asked)) {
    progress(`by size  ${what}`);
    await timeByTurns(places, pathOf, { agent, requests: WARMUP_REQUESTS });
    const samples = new Map<Place, number[][]>(places.map((place) => [place, []]));
    for (let at = 0; at < options.rounds; at += 1) {
      const times = await timeByTurns(places, pathOf, { agent, requests: options.requests });
      for (const [place, ms] of times) samples.get(place)?.push(ms);
    }
    for (const [place, rounds] of samples) {
      const base = places.find(({ contender }) => contender === place.contender) ?? place;
      results.push({ what, ...summarize(place, rounds, samples.get(base) ?? []) });
    }
  }
  agent.destroy();
  return results;
}

/** Throws unless both servers answer each kind of request alike: the peer must do the same work. */
export async function requireSameAnswers(ours: Place, theirs: Place): Promise<void> {
  const agent = new Agent();
  for (const [what, pathOf] of Object.entries(asked)) {
    const path = pathOf(tenantIdOf(1));
    const [here, there] = await Promise.all([answerOf(ours, path, agent), answerOf(theirs, path, agent)]);
    if (!isDeepStrictEqual(comparable(here), comparable(there)))
      throw new Error(`${what}: the answers differ\n${here.slice(0, 1_000)}\n${there.slice(0, 1_000)}`);
  }
}

/** A cursor is opaque. */
function comparable(answer: string): object {
  const { next_cursor: cursor, ...rest } = JSON.parse(answer);
  return { ...rest, more: typeof cursor === 'string' };
}

interface Turns {
  readonly agent: Agent;
  readonly requests: number;
}

async function timeByTurns(places: readonly Place[], pathOf: (id: string) => string, { agent, requests }: Turns) {
  const times = new Map<Place, number[]>(places.map((place) => [place, []]));
  const turns = [...places];
  const endsAt = performance.now() + ROUND_MS_MAX;
  for (let request = 0; request < requests; request += 1) {
    if (request >= REQUESTS_MIN && performance.now() > endsAt) break;
    for (const place of turns) {
      const path = pathOf(tenantIdOf(1 + ((request * 7_919) % place.size)));
      const start = performance.now();
      await answerOf(place, path, agent);
      times.get(place)?.push(performance.now() - start);
    }
    turns.push(...turns.splice(0, 1)); // another place is first in the next turn
  }
  return times;
}

/** Resolves to the body of a 200. */
function answerOf({ url, headers }: Place, path: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(`${url}${path}`, { agent, headers, timeout: 10_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`${path} answered ${response.statusCode}: ${text.slice(0, 300)}`));
      });
    });
    request.on('timeout', () => request.destroy(new Error(`${path} took longer than 10 s`)));
    request.on('error', reject);
  });
}

function summarize({ contender, size }: Place, rounds: readonly number[][], base: readonly number[][]) {
  const p95s = rounds.map((times) => percentile(times, 0.95));
  const ratios = p95s.map((p95, index) => p95 / percentile(base[index] ?? [], 0.95));
  return {
    contender,
    size,
    requests: rounds.reduce((sum, { length }) => sum + length, 0),
    p50_ms: round(median(rounds.map((times) => percentile(times, 0.5))), 3),
    p95_ms: round(median(p95s), 3),
    ratio: round(median(ratios), 3),
    min: round(Math.min(...ratios), 3),
    max: round(Math.max(...ratios), 3),
  };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
}
