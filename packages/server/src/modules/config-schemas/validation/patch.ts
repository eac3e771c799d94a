/** The difference of two JSON values, as a patch (RFC 6902). */
import { createPatch, type Operation, type Pointer } from 'rfc6902';
import { canonical, isList, type Json } from './engine/json.ts';

export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string };

/** Comparisons of one patch. The library compares each item of a list with each of the other list. */
const COMPARISONS_MAX = 20_000;

/** A longer patch is given up where the whole value is shorter. */
const PATCH_CHARACTERS = 4_096;

/** Steps that the library may take for two lists: the product of their lengths, each with a copy of the operations so far. */
const LIST_STEPS_MAX = 1_000_000;

class TooManyComparisons extends Error {}

/**
 * Returns operations that make `to` out of `from`: few and small ones, or one that replaces the whole value where those
 * would cost too much. Never throws because of the values, unless they are nested so deeply that the stack does not suffice.
 */
export function diff(from: Json, to: Json): readonly PatchOperation[] {
  const whole: PatchOperation[] = [{ op: 'replace', path: '', value: to }];
  try {
    const operations = createPatch(from, to, createShortcut()) as readonly PatchOperation[];
    const { length } = JSON.stringify(operations);
    return length > PATCH_CHARACTERS && length > JSON.stringify(whole).length ? whole : operations;
  } catch (error) {
    if (error instanceof TooManyComparisons) return whole;
    throw error;
  }
}

/** Answers for the library where its own way costs too much; undefined leaves the two values to it. */
function createShortcut() {
  let comparisons = 0;
  return (from: Json, to: Json, at: Pointer): Operation[] | undefined => {
    comparisons += 1;
    if (comparisons > COMPARISONS_MAX) throw new TooManyComparisons();
    if (!isList(from) || !isList(to)) return undefined;
    if (from.length * to.length * (from.length + to.length) <= LIST_STEPS_MAX) return undefined;
    return oneCut(from, to, at) ?? [{ op: 'replace', path: at.toString(), value: to }];
  };
}

/** The operations for two long lists of which one has some further items at one place; undefined for others. */
function oneCut(from: readonly Json[], to: readonly Json[], at: Pointer): Operation[] | undefined {
  const [one, other] = [from.map(canonical), to.map(canonical)];
  const shorter = Math.min(one.length, other.length);
  let start = 0;
  while (start < shorter && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < shorter - start && one[one.length - 1 - end] === other[other.length - 1 - end]) end += 1;
  if (start + end < shorter) return undefined;
  const path = at.add(String(start)).toString();
  if (one.length >= other.length) return one.slice(start, one.length - end).map(() => ({ op: 'remove', path }));
  const added = to.slice(start, to.length - end);
  return added.map((value, index) => ({ op: 'add', path: at.add(String(start + index)).toString(), value }));
}
