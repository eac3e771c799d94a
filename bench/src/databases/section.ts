/** What every section of the benchmark is given and gives. */
import type { Given, SectionOf } from '../lib/sections.ts';

interface Settings {
  readonly rounds: number;
  /** Databases that are ordered. */
  readonly orders: number;
  /** Rows that passes go over. */
  readonly rows: number;
  readonly rotations: number;
  /** Of the messages of a pass, each so many-th is one to die at. */
  readonly every: number;
}

export type Surroundings = Settings & Given;
export type Section = SectionOf<Settings>;
