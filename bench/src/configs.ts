import { measureCuts } from './configs/cuts.ts';
import { measureHistory } from './configs/history.ts';
import { measureKills } from './configs/kills.ts';
import { measureRegister } from './configs/register.ts';
import type { Figure, Surroundings } from './configs/section.ts';
import { measureSeen } from './configs/seen.ts';
import { measureSnapshot } from './configs/snapshot.ts';
import { measureSpeed } from './configs/speed.ts';
import { isMet } from './events/section.ts';
import { openDatabaseServer } from './lib/databases.ts';
import { readOptions, wholeNumber } from './lib/options.ts';
import { table, writeResults } from './lib/report.ts';
import { reportFailure, runBench, UsageError } from './lib/run-bench.ts';

const sections: Readonly<Record<string, (surroundings: Surroundings) => Promise<readonly Figure[]>>> = {
  speed: measureSpeed,
  seen: measureSeen,
  history: measureHistory,
  snapshot: measureSnapshot,
  register: measureRegister,
  kills: measureKills,
  cuts: measureCuts,
};

const usage = `Usage: node bench/src/configs.ts [options]

Measures configurations on both stores. Sections: ${Object.keys(sections).join(', ')}.
PostgreSQL: the server in DATABASE_URL (with a role that may create databases), or a temporary one without that variable.
etcd: the program that ETCD_BIN names, or the first in PATH; three members are started.
Exit codes: 0 measured, 1 failed, 2 usage.`;

const LIMIT_MS = 3_600_000;

const options = read();

await runBench(LIMIT_MS, async (stack) => {
  const progress = (line: string): void => void process.stderr.write(`${line}\n`);
  const databases = await openDatabaseServer(stack);
  const { only, ...settings } = options;
  for (const name of only) {
    // What a section starts ends with it: the next one has the machine to itself.
    await using own = new AsyncDisposableStack();
    const figures = await sections[name]?.({ ...settings, databases, stack: own, progress });
    if (figures === undefined) throw new Error(`no section ${name}`);
    const file = await writeResults(`configs-${name}`, { settings, postgres: databases.about, figures });
    process.stdout.write(`\n${describe(name, figures)}\n\nresults: ${file}\n`);
  }
});

function describe(name: string, figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [figure.what, `${figure.value} ${figure.unit}`, goalOf(figure)]);
  return table([[name, 'measured', 'goal'], ...rows]);
}

function goalOf(figure: Figure): string {
  const { goal } = figure;
  if (goal === undefined) return '';
  const bound = 'least' in goal ? `≥ ${goal.least}` : `≤ ${goal.most}`;
  return `${bound} (${isMet(figure) ? 'met' : 'missed'})`;
}

function read() {
  try {
    const all = Object.keys(sections);
    const values = readOptions(usage, {
      only: { help: 'sections, comma-separated', fallback: all.join(',') },
      rounds: { help: 'rounds of the sections that compare by turns, 1 to 50', fallback: '5' },
      operations: {
        help: 'reads and writes of the section register on each store, 1000 to 10000000',
        fallback: '100000',
      },
      kills: { help: 'kills of the section kills on each store, 1 to 10000', fallback: '200' },
    });
    const only = values.only.split(',');
    const unknown = only.find((name) => !all.includes(name));
    if (unknown !== undefined) throw new UsageError(`--only has "${unknown}", which is none of ${all.join(', ')}`);
    return {
      only,
      rounds: wholeNumber('rounds', values.rounds, [1, 50]),
      operations: wholeNumber('operations', values.operations, [1_000, 10_000_000]),
      kills: wholeNumber('kills', values.kills, [1, 10_000]),
    };
  } catch (error) {
    process.exit(reportFailure(error));
  }
}
