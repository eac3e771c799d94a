/** What every section of the benchmark is given and gives. */
import type { Given, SectionOf } from '../lib/sections.ts';

interface Settings {
  /** Events that are verified. */
  readonly events: number;
  /** Events that are sealed. */
  readonly sealed: number;
  /** Rounds of appends, by turns with and without the trigger. */
  readonly rounds: number;
  /** Leaves of the log of which proofs are asked for. */
  readonly rows: number;
  readonly proofs: number;
}

export type Surroundings = Settings & Given;
export type Section = SectionOf<Settings>;
