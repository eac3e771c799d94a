/** What every section of the benchmark is given and gives. */
import type { DatabaseServer } from '../lib/databases.ts';

export interface Surroundings {
  readonly databases: DatabaseServer;
  readonly stack: AsyncDisposableStack;
  readonly rounds: number;
  progress(line: string): void;
}

/** One line of the table. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** `≥ 5000`; absent: a figure without a goal. */
  readonly goal?: { readonly least: number } | { readonly most: number };
}

export type Section = (surroundings: Surroundings) => Promise<readonly Figure[]>;

export function isMet({ value, goal }: Figure): boolean | undefined {
  if (goal === undefined) return undefined;
  return 'least' in goal ? value >= goal.least : value <= goal.most;
}

/** Returns the value below which so large a share of the values is. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
}
