/** Finds variables of the environment that no part of the product reads and that look like one that is read. */
import type { Given } from '../kernel/settings.ts';

/** Shorter names are close to each other by chance. */
const NAME_LENGTH_MIN = 4;
/** One slip of the finger for so many characters. */
const CHARACTERS_PER_SLIP = 5;

/** Returns a sentence for each variable whose name is a slip away from a known one. Their values are not told. */
export function nearNames(given: Given, known: readonly string[]): string[] {
  return Object.keys(given).flatMap((name) => {
    if (name.length < NAME_LENGTH_MIN || known.includes(name)) return [];
    const slips = Math.max(1, Math.min(2, Math.floor(name.length / CHARACTERS_PER_SLIP)));
    const meant = nearest(name.toUpperCase(), known, slips);
    return meant === undefined ? [] : [`${name} is not known: did you mean ${meant}?`];
  });
}

/** Returns the known name that is at most so many slips away from this one; undefined when none is. */
export function nearest(name: string, known: readonly string[], slipsMax: number): string | undefined {
  const [closest] = known
    .map((each) => ({ each, slips: slipsBetween(name, each) }))
    .filter(({ slips }) => slips <= slipsMax)
    .sort((a, b) => a.slips - b.slips);
  return closest?.each;
}

/** How many letters are wrong, missing, too many or swapped with their neighbour (Damerau's distance, adjacent swaps once). */
function slipsBetween(one: string, other: string): number {
  const rows = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= one.length; row += 1) {
    const [above = [], twoAbove = []] = [rows[row - 1], rows[row - 2]];
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const isSame = one[row - 1] === other[column - 1];
      const isSwap = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      current[column] = Math.min(
        at(above, column) + 1,
        at(current, column - 1) + 1,
        at(above, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(twoAbove, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    rows[row] = current;
  }
  return at(rows[one.length] ?? [], other.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
