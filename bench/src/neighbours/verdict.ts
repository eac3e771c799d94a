/** What was measured, held against the goal. */
import { round } from '../lib/load.ts';
import type { AttackName } from './orders.ts';
import { type Measured, type Series, seriesOf } from './probes.ts';
import type { Outcome } from './run-attack.ts';
import { VERIFICATION } from './victim.ts';

/** A neighbour inside its limits may not cost the others an answer, nor more than this. */
export const GOALS = { errors: 0, verification_p99_ratio: 3, memory_growth_mib: 512 } as const;

export interface Figures {
  readonly answers: number;
  /** Null when no answer was accepted. */
  readonly p50_ms: number | null;
  readonly p99_ms: number | null;
  readonly errors: number;
  readonly error_kinds: Readonly<Record<string, number>>;
}

export interface Line {
  readonly what: string;
  readonly quiet: Figures;
  readonly attacked: Figures;
  /** Of both p99; null when one is missing. */
  readonly ratio: number | null;
}

export interface Verdict {
  readonly lines: readonly Line[];
  /** Each goal that was missed, and each reason why nothing was measured; empty: met. */
  readonly missed: readonly string[];
}

export function judge(attack: AttackName, { rounds, memory, ended, names }: Outcome): Verdict {
  const quiet = pooled(rounds.map((each) => each.quiet));
  const attacked = pooled(rounds.map((each) => each.attacked));
  const lines = [...quiet.keys()].map((what) => lineOf(what, quiet.get(what), attacked.get(what)));
  const missed = lines.flatMap((line) => missedBy(line));
  if (lines.length === 0) missed.push('nothing was measured');
  if (ended !== undefined) missed.push(ended);
  if (attack === 'F2' && names === 0)
    missed.push(
      'the server asked another resolver than the silent one, so that nothing is proved: it needs OUTBOUND_DNS_SERVERS',
    );
  const growth = (memory.peak ?? 0) - (memory.quiet ?? 0);
  if (growth > GOALS.memory_growth_mib) missed.push(`memory grew by ${growth} MiB`);
  return { lines, missed };
}

function missedBy({ what, quiet, attacked, ratio }: Line): string[] {
  const missed: string[] = [];
  if (quiet.errors > 0) missed.push(`${what}: ${quiet.errors} errors in quiet, so that nothing is proved`);
  if (attacked.errors > GOALS.errors) missed.push(`${what}: ${attacked.errors} errors`);
  if (what === VERIFICATION && (ratio === null || ratio > GOALS.verification_p99_ratio))
    missed.push(`${what}: p99 ${ratio ?? '∞'} × quiet`);
  return missed;
}

function lineOf(what: string, quiet: Series | undefined, attacked: Series | undefined): Line {
  const [before, during] = [figuresOf(quiet), figuresOf(attacked)];
  const ratio = before.p99_ms === null || during.p99_ms === null ? null : round(during.p99_ms / before.p99_ms, 2);
  return { what, quiet: before, attacked: during, ratio };
}

function pooled(stretches: readonly Measured[]): Measured {
  const all: Measured = new Map();
  for (const [what, { times, errors }] of stretches.flatMap((each) => [...each])) {
    const series = seriesOf(all, what);
    for (const time of times) series.times.push(time);
    for (const [reason, count] of errors) series.errors.set(reason, (series.errors.get(reason) ?? 0) + count);
  }
  return all;
}

function figuresOf({ times, errors }: Series = { times: [], errors: new Map() }): Figures {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number | null => {
    const value = sorted[Math.ceil(sorted.length * share) - 1];
    return value === undefined ? null : round(value, 2);
  };
  return {
    answers: sorted.length,
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    errors: [...errors.values()].reduce((sum, count) => sum + count, 0),
    error_kinds: Object.fromEntries(errors),
  };
}
