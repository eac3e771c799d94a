import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { median, round } from './lib/load.ts';
import { readOptions, wholeNumber } from './lib/options.ts';
import { table, writeResults } from './lib/report.ts';
import { reportFailure, runBench } from './lib/run-bench.ts';
import { type Check, measureCheck } from './sdk-types/check.ts';
import { grown, operationsIn, presentContract } from './sdk-types/grown-document.ts';
import { type Completions, measureCompletions } from './sdk-types/language-server.ts';
import { type Contender, writeProjects } from './sdk-types/projects.ts';

const usage = `Usage: node bench/src/sdk-types.ts [options]

Measures the work that a program with the SDK makes for the compiler and the editor, for the registry's operations and for
five times as many: with the published declarations (sdk), and with tRPC's own client on a router of as many procedures
(trpc), in one run.
Exit codes: 0 measured, 1 failed, 2 usage.`;

const sizes = [1, 5] as const;
const contenders: readonly Contender[] = ['sdk', 'trpc'];
const COMPLETIONS = 10;

interface Figures {
  readonly contender: Contender;
  readonly procedures: number;
  readonly checks: Check[];
  readonly completions: Completions[];
}

const { rounds, counts } = read();

await runBench(1_200_000, async (stack) => {
  const cache = fileURLToPath(new URL('../.cache/', import.meta.url));
  await mkdir(cache, { recursive: true });
  // The folder lies inside the package, where the compiler finds zod and tRPC.
  const folder = await mkdtemp(`${cache}sdk-types-`);
  stack.defer(() => rm(folder, { recursive: true }));
  const contract = await presentContract();
  const measured: (Figures & { readonly measure: () => Promise<void> })[] = [];
  for (const times of sizes) {
    const larger = grown(contract, times);
    const procedures = operationsIn(larger.manifest);
    process.stderr.write(`building ${procedures} procedures\n`);
    const projects = await writeProjects(`${folder}/${times}`, larger);
    for (const contender of contenders) {
      const [checks, completions]: [Check[], Completions[]] = [[], []];
      const measure = async () => {
        checks.push(await measureCheck(projects[contender]));
        if (!counts) completions.push(await measureCompletions(projects[contender], COMPLETIONS));
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
  const file = await writeResults('sdk-types', { settings: { rounds, counts, sizes }, summaries, ratios });
  process.stdout.write(`\n${describe(summaries, ratios)}\n\nresults: ${file}\n`);
});

type Summary = ReturnType<typeof summaryOf>;

function summaryOf({ contender, procedures, checks, completions }: Figures) {
  const middle = (values: readonly number[]): number => round(median([...values]), 1);
  const work = {
    contender,
    procedures,
    lines: middle(checks.map(({ lines }) => lines)),
    types: middle(checks.map(({ types }) => types)),
    instantiations: middle(checks.map(({ instantiations }) => instantiations)),
  };
  if (counts) return work;
  return {
    ...work,
    check_ms: middle(checks.map(({ checkMs }) => checkMs)),
    total_ms: middle(checks.map(({ totalMs }) => totalMs)),
    first_completion_ms: middle(completions.map(({ firstMs }) => firstMs)),
    later_completion_ms: middle(completions.flatMap(({ laterMs }) => laterMs)),
  };
}

/** Returns the figures as multiples of those of the present operations. */
function ratioTo(summary: Summary, all: readonly Summary[]): Record<string, string | number> {
  const base = all.find(({ contender }) => contender === summary.contender); // the smallest comes first
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
  return `${table([columns, ...rows(summaries)])}\n\nas multiples of the present operations\n${table([columns, ...rows(ratios)])}`;
}

function read(): { readonly rounds: number; readonly counts: boolean } {
  try {
    const options = readOptions(usage, {
      rounds: { help: 'interleaved rounds, 1 to 20', fallback: '5' },
      counts: {
        help: 'one round, of counts alone: other work on the machine leaves them',
        fallback: false,
      },
    });
    const counts = options.counts === 'true';
    return { rounds: counts ? 1 : wholeNumber('rounds', options.rounds, [1, 20]), counts };
  } catch (error) {
    process.exit(reportFailure(error));
  }
}
