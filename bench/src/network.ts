import { readOptions, wholeNumber } from './lib/options.ts';
import { reportFailure } from './lib/run-bench.ts';
import { runSections, sectionsIn } from './lib/sections.ts';
import { measureHistory } from './network/history.ts';
import { measureRebuild } from './network/rebuild.ts';
import { measureSearch } from './network/search.ts';
import type { Section } from './network/section.ts';
import { measureTake } from './network/take.ts';
import { measureThroughput } from './network/throughput.ts';
import { measureWaiting } from './network/waiting.ts';

const sections: Readonly<Record<string, Section>> = {
  take: measureTake,
  throughput: measureThroughput,
  waiting: measureWaiting,
  history: measureHistory,
  rebuild: measureRebuild,
  search: measureSearch,
};

const usage = `Usage: node bench/src/network.ts [options]

Measures networks: who gets which address. Sections: ${Object.keys(sections).join(', ')}.
PostgreSQL: the server in DATABASE_URL (with a role that may create databases and roles), or a temporary one without that
variable.
Exit codes: 0 measured, 1 failed, 2 usage.`;

const LIMIT_MS = 1_800_000;

const { only, ...settings } = read();

await runSections({ name: 'network', limitMs: LIMIT_MS, sections, only, settings });

function read() {
  try {
    const all = Object.keys(sections);
    const values = readOptions(usage, {
      only: { help: 'sections, comma-separated', fallback: all.join(',') },
      addresses: { help: 'addresses in use in the large network, 1000 to 400000', fallback: '100000' },
      takes: { help: 'single allocations of each kind, and of each network in bulk, 10 to 10000', fallback: '500' },
      rounds: { help: 'rounds, by turns with the peer, 1 to 50', fallback: '5' },
      locked: { help: 'milliseconds for which a network is locked, 500 to 60000', fallback: '5000' },
      changes: { help: 'changes whose history is asked about, 100 to 100000', fallback: '10000' },
      questions: { help: 'questions about it, 10 to 100000', fallback: '1000' },
      rows: { help: 'rows of the audit log beside those, 1000 to 10000000', fallback: '1000000' },
    });
    return {
      only: sectionsIn(values.only, all),
      addresses: wholeNumber('addresses', values.addresses, [1_000, 400_000]),
      takes: wholeNumber('takes', values.takes, [10, 10_000]),
      rounds: wholeNumber('rounds', values.rounds, [1, 50]),
      locked: wholeNumber('locked', values.locked, [500, 60_000]),
      changes: wholeNumber('changes', values.changes, [100, 100_000]),
      questions: wholeNumber('questions', values.questions, [10, 100_000]),
      rows: wholeNumber('rows', values.rows, [1_000, 10_000_000]),
    };
  } catch (error) {
    process.exit(reportFailure(error));
  }
}
