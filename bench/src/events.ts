import { measureDeliveries } from './events/delivery.ts';
import { measureFeed } from './events/feed.ts';
import { measureBesideDead, measureFirstAttempts } from './events/first-attempt.ts';
import { measurePruning } from './events/prune.ts';
import type { Section } from './events/section.ts';
import { measureSequencer } from './events/sequencer.ts';
import { readOptions, wholeNumber } from './lib/options.ts';
import { reportFailure } from './lib/run-bench.ts';
import { runSections, sectionsIn } from './lib/sections.ts';

const sections: Readonly<Record<string, Section>> = {
  sequencer: measureSequencer,
  prune: measurePruning,
  deliveries: measureDeliveries,
  'first-attempt': measureFirstAttempts,
  dead: measureBesideDead,
  feed: measureFeed,
};

const usage = `Usage: node bench/src/events.ts [options]

Measures the log of events, webhooks and feeds. Sections: ${Object.keys(sections).join(', ')}.
PostgreSQL: the server in DATABASE_URL (with a role that may create databases), or a temporary one without that variable.
Exit codes: 0 measured, 1 failed, 2 usage.`;

const LIMIT_MS = 1_800_000;

const { only, ...settings } = read();

await runSections({ name: 'events', limitMs: LIMIT_MS, sections, only, settings });

function read() {
  try {
    const all = Object.keys(sections);
    const values = readOptions(usage, {
      only: { help: 'sections, comma-separated', fallback: all.join(',') },
      rounds: { help: 'rounds of the sections that compare by turns, 1 to 50', fallback: '7' },
    });
    const only = sectionsIn(values.only, all);
    return { only, rounds: wholeNumber('rounds', values.rounds, [1, 50]) };
  } catch (error) {
    process.exit(reportFailure(error));
  }
}
