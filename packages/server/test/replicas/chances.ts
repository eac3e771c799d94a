/** Choices that a seed decides, so that what was asked in a run can be asked again. */

export interface Chances {
  /** A whole number from 0 on, below the bound. */
  below(bound: number): number;
  /** One of the things; throws when there is none. */
  one<T>(things: readonly T[]): T;
}

/** Makes choices from the seed (mulberry32). */
export function createChances(seed: number): Chances {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (bound: number) => Math.floor(next() * bound);
  return {
    below,
    one(things) {
      const thing = things[below(things.length)];
      if (thing === undefined) throw new Error('there is nothing to choose from');
      return thing;
    },
  };
}
