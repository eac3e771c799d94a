import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median, round } from './lib/load.ts';
import { readOptions, wholeNumber } from './lib/options.ts';
import { table, writeResults } from './lib/report.ts';
import { reportFailure, runBench } from './lib/run-bench.ts';

const usage = `Usage: node bench/src/test-registry.ts [options]

Measures the time of createTestRegistry(): in the first process on a machine, and in later processes.
Asserts no figure. Exit codes: 0 measured, 1 failed, 2 usage.`;

interface Times {
  readonly imported: number;
  readonly created: readonly number[];
  readonly called: readonly number[];
}

const processes = read();

await runBench(600_000, async (stack) => {
  const TMPDIR = await mkdtemp(join(tmpdir(), 'bench-test-registry-'));
  stack.defer(() => rm(TMPDIR, { recursive: true }));
  const program = fileURLToPath(new URL('test-registry/three-registries.ts', import.meta.url));
  const run = async (): Promise<Times> => {
    const env = { ...process.env, TMPDIR };
    return JSON.parse((await promisify(execFile)(process.execPath, [program], { env })).stdout);
  };
  const first = await run();
  const later: Times[] = [];
  while (later.length < processes) later.push(await run());
  const middle = (pick: (times: Times) => number | undefined): string =>
    median(later.map((times) => pick(times) ?? Number.NaN)).toFixed(0);
  const rows = [0, 1, 2].map((index) => [
    `${['first', 'second', 'third'][index]} registry`,
    (first.created[index] ?? Number.NaN).toFixed(0),
    middle(({ created }) => created[index]),
    middle(({ called }) => called[index]),
  ]);
  const imports = ['import', first.imported.toFixed(0), middle(({ imported }) => imported), ''];
  const head = ['ms', 'first process on a machine', `median of ${processes} further`, 'its first call'];
  const rounded = [first, ...later].map(({ imported, created, called }) => ({
    imported: round(imported, 0),
    created: created.map((ms) => round(ms, 0)),
    called: called.map((ms) => round(ms, 0)),
  }));
  const file = await writeResults('test-registry', { settings: { processes }, processes: rounded });
  process.stdout.write(`${table([head, imports, ...rows])}\n\nresults: ${file}\n`);
});

function read(): number {
  try {
    const values = readOptions(usage, { processes: { help: 'further processes, 1 to 50', fallback: '5' } });
    return wholeNumber('processes', values.processes, [1, 50]);
  } catch (error) {
    process.exit(reportFailure(error));
  }
}
