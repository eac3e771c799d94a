import { measureAppend } from './audit-proof/append.ts';
import { measureProof } from './audit-proof/proof.ts';
import { measureSeal } from './audit-proof/seal.ts';
import type { Section } from './audit-proof/section.ts';
import { measureVerify } from './audit-proof/verify.ts';
import { readOptions, wholeNumber } from './lib/options.ts';
import { reportFailure } from './lib/run-bench.ts';
import { runSections, sectionsIn } from './lib/sections.ts';

const sections: Readonly<Record<string, Section>> = {
  verify: measureVerify,
  seal: measureSeal,
  append: measureAppend,
  proof: measureProof,
};

const usage = `Usage: node bench/src/audit-proof.ts [options]

Measures what it costs to prove the audit log. Sections: ${Object.keys(sections).join(', ')}.
PostgreSQL: the server in DATABASE_URL (with a role that may create databases and roles), or a temporary one without that
variable.
Exit codes: 0 measured, 1 failed, 2 usage.`;

const LIMIT_MS = 3_600_000;

const { only, ...settings } = read();

await runSections({ name: 'audit-proof', limitMs: LIMIT_MS, sections, only, settings });

function read() {
  try {
    const all = Object.keys(sections);
    const values = readOptions(usage, {
      only: { help: 'sections, comma-separated', fallback: all.join(',') },
      events: { help: 'events that are verified, 1000 to 10000000', fallback: '1000000' },
      sealed: { help: 'events that are sealed, 1000 to 10000000', fallback: '200000' },
      rounds: { help: 'rounds of appends, with and without the trigger by turns, 2 to 1000', fallback: '40' },
      rows: { help: 'leaves of the log of which proofs are asked for, 10000 to 100000000', fallback: '10000000' },
      proofs: { help: 'proofs, each of another event, 100 to 100000', fallback: '2000' },
    });
    return {
      only: sectionsIn(values.only, all),
      events: wholeNumber('events', values.events, [1_000, 10_000_000]),
      sealed: wholeNumber('sealed', values.sealed, [1_000, 10_000_000]),
      rounds: wholeNumber('rounds', values.rounds, [2, 1_000]),
      rows: wholeNumber('rows', values.rows, [10_000, 100_000_000]),
      proofs: wholeNumber('proofs', values.proofs, [100, 100_000]),
    };
  } catch (error) {
    process.exit(reportFailure(error));
  }
}
