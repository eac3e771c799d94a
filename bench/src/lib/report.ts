import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median, round, type Sample } from './load.ts';

const root = new URL('../../', import.meta.url);
const loadAtStart = loadavg()[0] ?? 0; // read before the bench adds its own load

export interface Summary {
  readonly requests_per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly generator_busy: number;
  readonly rounds: readonly Sample[];
}

/** Returns the median of each figure over the rounds. */
export function summarize(rounds: readonly Sample[]): Summary {
  const middle = (pick: (sample: Sample) => number, digits: number): number => round(median(rounds.map(pick)), digits);
  return {
    requests_per_second: middle((sample) => sample.requests_per_second, 1),
    p50_ms: middle((sample) => sample.p50_ms, 3),
    p99_ms: middle((sample) => sample.p99_ms, 3),
    generator_busy: middle((sample) => sample.generator_busy, 3),
    rounds,
  };
}

/** Returns `rows` as text in columns; the first column is left-aligned, the others right-aligned. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_cell, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const align = (cell: string, i: number): string =>
    i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0);
  return rows.map((row) => row.map(align).join('  ').trimEnd()).join('\n');
}

/** Writes `results`, with the date, the commit, Node and the machine, to `results/<name>.json`, and returns the path. */
export async function writeResults(name: string, results: object): Promise<string> {
  const file = new URL(`results/${name}.json`, root);
  const environment = {
    date: new Date().toISOString(),
    git_commit: await commitOf(fileURLToPath(root)),
    git_dirty: (await git(['status', '--porcelain'])) !== '',
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    load_average_at_start: round(loadAtStart, 2),
  };
  await mkdir(new URL('./', file), { recursive: true });
  await writeFile(file, `${JSON.stringify({ environment, ...results }, null, 2)}\n`);
  return fileURLToPath(file);
}

/** Resolves to the commit that a checkout is at, or null if git does not know. */
export function commitOf(folder: string): Promise<string | null> {
  return git(['rev-parse', '--verify', '--quiet', 'HEAD'], folder);
}

/** Returns the output of git, or null if it fails: no git, no repository, no commit. */
async function git(args: readonly string[], cwd = fileURLToPath(root)): Promise<string | null> {
  const options = { cwd, timeout: 10_000 };
  return promisify(execFile)('git', args, options).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
}
