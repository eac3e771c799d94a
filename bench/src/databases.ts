import { measureFaults } from './databases/faults.ts';
import { measureOrders } from './databases/orders.ts';
import { measurePasses } from './databases/passes.ts';
import { measureRotation } from './databases/rotation.ts';
import type { Section } from './databases/section.ts';
import { readOptions, wholeNumber } from './lib/options.ts';
import { reportFailure } from './lib/run-bench.ts';
import { runSections, sectionsIn } from './lib/sections.ts';

const sections: Readonly<Record<string, Section>> = {
  orders: measureOrders,
  passes: measurePasses,
  rotation: measureRotation,
  faults: measureFaults,
};

const usage = `Usage: node bench/src/databases.ts [options]

Measures managed databases. Sections: ${Object.keys(sections).join(', ')}.
PostgreSQL: the server in DATABASE_URL (with a role that may create databases and roles), or a temporary one without that
variable. The databases of the provisioner are made on it too.
Exit codes: 0 measured, 1 failed, 2 usage.`;

const LIMIT_MS = 1_800_000;

const { only, ...settings } = read();

await runSections({ name: 'databases', limitMs: LIMIT_MS, sections, only, settings });

function read() {
  try {
    const all = Object.keys(sections);
    const values = readOptions(usage, {
      only: { help: 'sections, comma-separated', fallback: all.join(',') },
      rounds: { help: 'rounds of passes, by turns with the bare loop, 1 to 50', fallback: '5' },
      orders: { help: 'databases that are ordered, 1 to 10000', fallback: '200' },
      rows: { help: 'databases that passes go over, 100 to 1000000', fallback: '10000' },
      rotations: { help: 'rotations under load, 1 to 10000', fallback: '100' },
      every: { help: 'of the messages of a pass, each so many-th is one to die at, 1 to 100', fallback: '1' },
    });
    return {
      only: sectionsIn(values.only, all),
      rounds: wholeNumber('rounds', values.rounds, [1, 50]),
      orders: wholeNumber('orders', values.orders, [1, 10_000]),
      rows: wholeNumber('rows', values.rows, [100, 1_000_000]),
      rotations: wholeNumber('rotations', values.rotations, [1, 10_000]),
      every: wholeNumber('every', values.every, [1, 100]),
    };
  } catch (error) {
    process.exit(reportFailure(error));
  }
}
