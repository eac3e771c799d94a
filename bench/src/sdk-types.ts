import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { median, round } from './lib/load.ts';
import { readOptions, wholeNumber } from './lib/options.ts';
import { table, writeResults } from './lib/report.ts';
import { reportFailure, runBench } from './lib/run-bench.ts';
import { type Check, measureCheck } from './sdk-types/check.ts';
import { type Completions, measureCompletions } from './sdk-types/language-server.ts';
import { type Contender, writeProjects } from './sdk-types/projects.ts';
import { PROCEDURES_MIN } from './sdk-types/router-source.ts';

const usage = `Usage: node bench/src/sdk-types.ts [options]

Measures the work that a program with the SDK makes for the compiler and the editor, as the router behind the SDK grows:
with the published declarations (sdk), and with tRPC's own client on the type of the router (trpc), in one run.
Exit codes: 0 measured, 1 failed, 2 usage.`;

const sizes = [PROCEDURES_MIN, 100, 200] as const;
const contenders: readonly Contender[] = ['sdk', 'trpc'];
const COMPLETIONS = 10;

interface Figures {
  readonly contender: Contender;
  readonly procedures: number;
  readonly checks: Check[];
  readonly completions: Completions[];
}

const rounds = read();

await runBench(1_200_000, async (stack) => {
  const cache = fileURLToPath(new URL('../.cache/', import.meta.url));
  await mkdir(cache, { recursive: true });
  // The folder lies inside the package, where the compiler finds zod and tRPC.
  const folder = await mkdtemp(`${cache}sdk-types-`);
  stack.defer(() => rm(folder, { recursive: true }));
  const measured: (Figures & { readonly measure: () => Promise<void> })[] = [];
  for (const procedures of sizes) {
    process.stderr.write(`building ${procedures} procedures\n`);
    const projects = await writeProjects(`${folder}/${procedures}`, procedures);
    for (const contender of contenders) {
      const [checks, completions]: [Check[], Completions[]] = [[], []];
      const measure = async () => {
        checks.push(await measureCheck(projects[contender]));
        completions.push(await measureCompletions(projects[contender], COMPLETIONS));
      };
      measured.push({ contender, procedures, checks, completions, measure });
    }
  }
  for (let done = 0; done < rounds; done += 1) {
    process.stderr.write(`round ${done + 1} of ${rounds}\n`);
    for (const { measure } of measured) await measure();
  }
  const summaries = measured.map(summaryOf);
  const ratios = summaries.map((summary) => ratioTo(summary, summaries));
  const file = await writeResults('sdk-types', { settings: { rounds, sizes }, summaries, ratios });
  process.stdout.write(`\n${describe(summaries, ratios)}\n\nresults: ${file}\n`);
});

type Summary = ReturnType<typeof summaryOf>;

function summaryOf({ contender, procedures, checks, completions }: Figures) {
  const middle = (values: readonly number[]): number => round(median([...values]), 1);
  return {
    contender,
    procedures,
    check_ms: middle(checks.map(({ checkMs }) => checkMs)),
    total_ms: middle(checks.map(({ totalMs }) => totalMs)),
    types: middle(checks.map(({ types }) => types)),
    instantiations: middle(checks.map(({ instantiations }) => instantiations)),
    first_completion_ms: middle(completions.map(({ firstMs }) => firstMs)),
    later_completion_ms: middle(completions.flatMap(({ laterMs }) => laterMs)),
  };
}

/** Returns the figures as multiples of those of the smallest router. */
function ratioTo(summary: Summary, all: readonly Summary[]): Record<string, string | number> {
  const base = all.find(({ contender, procedures }) => contender === summary.contender && procedures === sizes[0]);
  const entries = Object.entries(summary).map(([name, value]) => {
    const small: unknown = base?.[name as keyof Summary]; // Object.entries forgets the key type
    const grown = typeof value === 'number' && name !== 'procedures' && typeof small === 'number';
    return [name, grown ? round(value / small, 2) : value];
  });
  return Object.fromEntries(entries);
}

function describe(summaries: readonly Summary[], ratios: readonly Record<string, string | number>[]): string {
  const columns = Object.keys(summaries[0] ?? {});
  const rows = (values: readonly object[]) => values.map((each) => Object.values(each).map(String));
  return `${table([columns, ...rows(summaries)])}\n\nas multiples of ${sizes[0]} procedures\n${table([columns, ...rows(ratios)])}`;
}

function read(): number {
  try {
    return wholeNumber(
      'rounds',
      readOptions(usage, { rounds: { help: 'interleaved rounds, 1 to 20', fallback: '5' } }).rounds,
      [1, 20],
    );
  } catch (error) {
    process.exit(reportFailure(error));
  }
}
