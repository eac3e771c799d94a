import { measureCuts } from './configs/cuts.ts';
import { measureHistory } from './configs/history.ts';
import { measureKills } from './configs/kills.ts';
import { measureRegister } from './configs/register.ts';
import type { Section } from './configs/section.ts';
import { measureSeen } from './configs/seen.ts';
import { measureSnapshot } from './configs/snapshot.ts';
import { measureSpeed } from './configs/speed.ts';
import { measureVersions } from './configs/versions.ts';
import { readOptions, wholeNumber } from './lib/options.ts';
import { reportFailure } from './lib/run-bench.ts';
import { runSections, sectionsIn } from './lib/sections.ts';

const sections: Readonly<Record<string, Section>> = {
  speed: measureSpeed,
  seen: measureSeen,
  history: measureHistory,
  snapshot: measureSnapshot,
  versions: measureVersions,
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

const { only, ...settings } = read();

await runSections({ name: 'configs', limitMs: LIMIT_MS, sections, only, settings });

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
    const only = sectionsIn(values.only, all);
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
