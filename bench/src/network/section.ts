/** What every section of the benchmark is given and gives. */
import type { Given, SectionOf } from '../lib/sections.ts';

interface Settings {
  /** Addresses in use in the large network; the small one has a hundred. */
  readonly addresses: number;
  /** Single allocations of each kind, by turns. */
  readonly takes: number;
  /** Rounds of allocations in bulk, by turns with those by hand. */
  readonly rounds: number;
  /** Milliseconds for which a network is locked. */
  readonly locked: number;
  /** Changes whose history is asked about, and questions about it. */
  readonly changes: number;
  readonly questions: number;
  /** Rows of the audit log beside those. */
  readonly rows: number;
}

export type Surroundings = Settings & Given;
export type Section = SectionOf<Settings>;
