import type { CpuSample } from './cpu-rounds.ts';
import { median, round } from './load.ts';
import { table } from './report.ts';

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

const FIGURES = { requests_per_second: 'requests/s', cpu_ms_per_1000: 'CPU' } as const;

/** Returns the ratios as text in columns. */
export function ratioTable(ratios: readonly FigureRatio[]): string {
  const rows = ratios.map(({ figure, of, to, ratio, min, max, goal }) => [
    `${FIGURES[figure]}: ${of} / ${to}`,
    ratio.toFixed(2),
    `${min.toFixed(2)}–${max.toFixed(2)}`,
    goal === undefined ? '' : verdictOn(ratio, goal),
  ]);
  return table([['ratio', 'median', 'rounds', 'goal'], ...rows]);
}

/** Returns the goal, and whether the value reaches it. */
export function verdictOn(value: number, goal: NonNullable<Comparison['goal']>): string {
  const [isMet, bound] =
    'least' in goal ? [value >= goal.least, `≥ ${goal.least}`] : [value <= goal.most, `≤ ${goal.most}`];
  return `${bound} (${isMet ? 'met' : 'missed'})`;
}
