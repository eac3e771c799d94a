/** What every section of the benchmark is given and gives. */
import type { Given, SectionOf } from '../lib/sections.ts';

interface Settings {
  readonly rounds: number;
}

export type Surroundings = Settings & Given;
export type Section = SectionOf<Settings>;

/** Returns the value below which so large a share of the values is. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
}
