/** The trees and proofs of RFC 9162, section 2.1, as its text defines them: by recursion, and no faster than that. */
import { createHash } from 'node:crypto';

export interface NaiveTree {
  /** MTH of the leaves from `begin` to before `end`. */
  root(begin: number, end: number): Buffer;
  /** PATH(index, D[size]) */
  inclusion(index: number, size: number): Buffer[];
  /** PROOF(first, D[second]) */
  consistency(first: number, second: number): Buffer[];
}

/** Makes the tree of these data; the roots of ranges are remembered. */
export function naiveTree(data: readonly Uint8Array[]): NaiveTree {
  const roots = new Map<string, Buffer>();
  const root = (begin: number, end: number): Buffer => {
    const key = `${begin}-${end}`;
    const made = roots.get(key) ?? makeRoot(begin, end);
    roots.set(key, made);
    return made;
  };
  const makeRoot = (begin: number, end: number): Buffer => {
    if (begin === end) return sha256();
    if (end - begin === 1) return sha256(Buffer.of(0), data[begin] as Uint8Array);
    const middle = begin + splitOf(end - begin);
    return sha256(Buffer.of(1), root(begin, middle), root(middle, end));
  };
  const path = (index: number, begin: number, end: number): Buffer[] => {
    if (end - begin === 1) return [];
    const middle = begin + splitOf(end - begin);
    return index < middle
      ? [...path(index, begin, middle), root(middle, end)]
      : [...path(index, middle, end), root(begin, middle)];
  };
  const subproof = (first: number, begin: number, end: number, isKnown: boolean): Buffer[] => {
    if (first === end) return isKnown ? [] : [root(begin, end)];
    const middle = begin + splitOf(end - begin);
    return first <= middle
      ? [...subproof(first, begin, middle, isKnown), root(middle, end)]
      : [...subproof(first, middle, end, false), root(begin, middle)];
  };
  return {
    root,
    inclusion: (index, size) => path(index, 0, size),
    consistency: (first, second) => subproof(first, 0, second, true),
  };
}

/** The largest power of two below n. */
function splitOf(n: number): number {
  let k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
