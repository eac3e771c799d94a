/** The leaves that a job changed, as the database writes a set of them. */
import { createHash } from 'node:crypto';

/** Returns an int8multirange of the indexes, which are sorted, in its one canonical form: `{[0,3),[7,8)}`. */
export function rangesOf(indexes: readonly number[]): string {
  const ranges: [from: number, to: number][] = [];
  for (const index of indexes) {
    const last = ranges[ranges.length - 1];
    if (last?.[1] === index) last[1] = index + 1;
    else ranges.push([index, index + 1]);
  }
  return `{${ranges.map(([from, to]) => `[${from},${to})`).join(',')}}`;
}

/** Returns what the sealed record of a job says of its leaves. */
export function digestOf(ranges: string): string {
  return createHash('sha256').update(ranges).digest('hex');
}
