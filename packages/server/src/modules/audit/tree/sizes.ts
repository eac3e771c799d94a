/** Arithmetic on sizes and indexes of logs, up to 2^53: the operators of 32 bits would cut them. */

/** Returns the level of the largest perfect tree of at most `size` leaves, for a size from 1 on. */
export function levelWithin(size: number): number {
  const level = Math.floor(Math.log2(size));
  // The logarithm is rounded: just below a large power of two it is that of the power.
  return 2 ** level > size ? level - 1 : level;
}

export function isPowerOfTwo(size: number): boolean {
  return size > 0 && 2 ** levelWithin(size) === size;
}

export function isOdd(index: number): boolean {
  return index % 2 === 1;
}

export function half(index: number): number {
  return Math.floor(index / 2);
}

/** Returns how many perfect trees a log of this size is made of. */
export function perfectTreesIn(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = half(rest)) count += rest % 2;
  return count;
}

/** Throws unless the value is one that a log's size or an index can have. */
export function requireSize(value: number, name: string): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} must be a whole number below 2^53`);
}
