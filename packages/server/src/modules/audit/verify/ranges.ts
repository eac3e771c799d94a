/** Sets of leaves, as PostgreSQL writes multiranges of whole numbers. */

/** Each range from its first number to before its last. */
export type Ranges = readonly (readonly [from: number, to: number])[];

const RANGE = /^\[(\d+),(\d+)\)$/;

/** Returns the ranges of a text such as `{[0,3),[7,8)}`; null for another text. */
export function parseRanges(text: string): Ranges | null {
  if (!text.startsWith('{') || !text.endsWith('}')) return null;
  const ranges: [number, number][] = [];
  for (const part of text.slice(1, -1).split(/(?<=\)),/)) {
    const [, from, to] = RANGE.exec(part) ?? [];
    if (from === undefined || to === undefined) return null;
    ranges.push([Number(from), Number(to)]);
  }
  return ranges;
}

/** Tells which numbers are in any of the ranges. */
export interface Cover {
  has(index: number): boolean;
}

export function coverOf(all: Ranges): Cover {
  const merged = merge(all);
  return { has: (index) => isIn(merged, index) };
}

function merge(all: Ranges): [number, number][] {
  const merged: [number, number][] = [];
  for (const [from, to] of [...all].sort(([a], [b]) => a - b)) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

function isIn(ranges: Ranges, index: number): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const [from = 0, to = 0] = ranges[middle] ?? [];
    if (index < from) high = middle;
    else if (index >= to) low = middle + 1;
    else return true;
  }
  return false;
}
