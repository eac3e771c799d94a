import { median, round } from '../lib/load.ts';

/** A page of a filtered list, on the server with a given number of rows. */
export interface Target {
  readonly filter: string;
  readonly page: number;
  readonly size: number;
  readonly url: string;
}

export interface PageResult {
  readonly filter: string;
  readonly page: number;
  readonly size: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  /** p95 over that of the smallest size: the median of the rounds' ratios, with their extremes in `min` and `max`. */
  readonly ratio: number;
  readonly min: number;
  readonly max: number;
}

/** Follows `next_cursor` to the page with this number, and returns its URL. Throws if the list ends before. */
export async function urlOfPage(
  first: string,
  page: number,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  let url = first;
  for (let at = 1; at < page; at += 1) {
    const { next_cursor } = await read(url, headers);
    if (next_cursor === null) throw new Error(`${first} has only ${at} pages, not ${page}`);
    url = `${first}&cursor=${next_cursor}`;
  }
  return url;
}

/**
 * Requests the targets round by round, one request at a time over kept connections. The targets take turns request by
 * request, so that other load on the machine meets all of them. The ratios of a page refer to its first size.
 */
export async function measurePages(
  targets: readonly Target[],
  headers: Readonly<Record<string, string>>,
  { rounds, requests }: { readonly rounds: number; readonly requests: number },
): Promise<PageResult[]> {
  await timeByTurns(targets, headers, 50); // warms up
  const samples = new Map<Target, number[][]>(targets.map((target) => [target, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [target, times] of await timeByTurns(targets, headers, requests)) samples.get(target)?.push(times);
  }
  return targets.map((target) => {
    const base = targets.find(({ page }) => page === target.page) ?? target;
    return summarize(target, samples.get(target) ?? [], samples.get(base) ?? []);
  });
}

function summarize({ filter, page, size }: Target, rounds: readonly number[][], base: readonly number[][]): PageResult {
  const ratios = rounds.map((times, index) => percentile(times, 0.95) / percentile(base[index] ?? [], 0.95));
  return {
    filter,
    page,
    size,
    p50_ms: round(median(rounds.map((times) => percentile(times, 0.5))), 3),
    p95_ms: round(median(rounds.map((times) => percentile(times, 0.95))), 3),
    ratio: round(median(ratios), 3),
    min: round(Math.min(...ratios), 3),
    max: round(Math.max(...ratios), 3),
  };
}

async function timeByTurns(targets: readonly Target[], headers: Readonly<Record<string, string>>, requests: number) {
  const times = new Map<Target, number[]>(targets.map((target) => [target, []]));
  const turns = [...targets];
  for (let request = 0; request < requests; request += 1) {
    for (const target of turns) times.get(target)?.push(await timeOf(target.url, headers));
    turns.push(...turns.splice(0, 1)); // another target is first in the next turn
  }
  return times;
}

async function timeOf(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const start = performance.now();
  const response = await fetch(url, { headers });
  const text = await response.text();
  const ms = performance.now() - start;
  if (response.status !== 200 || !text.startsWith('{"items":[{')) throw new Error(`${url}: ${response.status} ${text}`);
  return ms;
}

async function read(url: string, headers: Readonly<Record<string, string>>): Promise<{ next_cursor: string | null }> {
  const response = await fetch(url, { headers });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${text}`);
  return JSON.parse(text);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
}
