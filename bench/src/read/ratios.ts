import { median, round } from '../lib/load.ts';
import type { CpuSample } from './rounds.ts';

/** A question for the ratio of one figure of two servers. */
export interface Comparison {
  readonly figure: 'requests_per_second' | 'cpu_ms_per_1000';
  readonly of: string;
  readonly to: string;
  /** Absent: a ratio without a goal. */
  readonly goal?: { readonly least: number } | { readonly most: number };
}

export interface FigureRatio extends Comparison {
  /** The median of the rounds' ratios; `min` and `max` are the extremes of the rounds. */
  readonly ratio: number;
  readonly min: number;
  readonly max: number;
}

/** Takes each ratio round by round; both of its servers must have been measured. */
export function ratiosOf(
  samples: ReadonlyMap<string, readonly CpuSample[]>,
  comparisons: readonly Comparison[],
): FigureRatio[] {
  return comparisons.map((comparison) => {
    const { figure, of, to } = comparison;
    const [ours, theirs] = [samples.get(of) ?? [], samples.get(to) ?? []];
    if (ours.length === 0 || theirs.length === 0) throw new Error(`${of} and ${to} were not measured together`);
    const ratios = ours.map((sample, index) => sample[figure] / (theirs[index]?.[figure] ?? Number.NaN));
    const [ratio, min, max] = [median(ratios), Math.min(...ratios), Math.max(...ratios)].map((value) =>
      round(value, 3),
    );
    return { ...comparison, ratio: ratio ?? Number.NaN, min: min ?? Number.NaN, max: max ?? Number.NaN };
  });
}
