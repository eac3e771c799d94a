/** Benchmarks in sections: each with a machine, a table and a results file of its own. */
import { type DatabaseServer, openDatabaseServer } from './databases.ts';
import { table, writeResults } from './report.ts';
import { runBench, UsageError } from './run-bench.ts';

/** What every section is given. */
export interface Given {
  readonly databases: DatabaseServer;
  readonly stack: AsyncDisposableStack;
  progress(line: string): void;
}

/** One line of the table. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** `≥ 5000`; absent: a figure without a goal. */
  readonly goal?: { readonly least: number } | { readonly most: number };
}

export type SectionOf<Settings extends object> = (surroundings: Settings & Given) => Promise<readonly Figure[]>;

export interface Sections<Settings extends object> {
  /** Of the results files. */
  readonly name: string;
  readonly limitMs: number;
  readonly sections: Readonly<Record<string, SectionOf<Settings>>>;
  /** The sections to run, in their order. */
  readonly only: readonly string[];
  readonly settings: Settings;
}

/** Runs the sections one after another, and prints and writes what each measured. */
export async function runSections<Settings extends object>(asked: Sections<Settings>): Promise<void> {
  const { name: bench, limitMs, sections, only, settings } = asked;
  await runBench(limitMs, async (stack) => {
    const progress = (line: string): void => void process.stderr.write(`${line}\n`);
    const databases = await openDatabaseServer(stack);
    for (const name of only) {
      // What a section starts ends with it: the next one has the machine to itself.
      await using own = new AsyncDisposableStack();
      const figures = await sections[name]?.({ ...settings, databases, stack: own, progress });
      if (figures === undefined) throw new Error(`no section ${name}`);
      const file = await writeResults(`${bench}-${name}`, { settings, postgres: databases.about, figures });
      process.stdout.write(`\n${describe(name, figures)}\n\nresults: ${file}\n`);
    }
  });
}

/** Returns the sections that the option names. Throws a `UsageError` for one that does not exist. */
export function sectionsIn(only: string, all: readonly string[]): string[] {
  const names = only.split(',');
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new UsageError(`--only has "${unknown}", which is none of ${all.join(', ')}`);
  return names;
}

function describe(name: string, figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [figure.what, `${figure.value} ${figure.unit}`, goalOf(figure)]);
  return table([[name, 'measured', 'goal'], ...rows]);
}

function goalOf({ goal, value }: Figure): string {
  if (goal === undefined) return '';
  const [isMet, bound] =
    'least' in goal ? [value >= goal.least, `≥ ${goal.least}`] : [value <= goal.most, `≤ ${goal.most}`];
  return `${bound} (${isMet ? 'met' : 'missed'})`;
}
