/** What every section of the benchmark is given. */
import type { Given, SectionOf } from '../lib/sections.ts';

export type { Figure } from '../lib/sections.ts';

interface Settings {
  readonly rounds: number;
  /** Of the section `register`, on each store. */
  readonly operations: number;
  /** Of the section `kills`, on each store. */
  readonly kills: number;
}

export type Surroundings = Settings & Given;
export type Section = SectionOf<Settings>;
