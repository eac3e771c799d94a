/**
 * Refuses input that no schema can want: text that PostgreSQL cannot store, numbers that JSON cannot carry, endless
 * nesting, and names through which careless code reaches the prototype of every object.
 */
import type { InputMistake } from '../errors.ts';

const DEPTH_MAX = 32;

/** Returns the first mistake in an input of any shape, or undefined. Bounded by the size of the input. */
export function malformed(value: unknown, pointer = '', depth = 0): InputMistake | undefined {
  switch (typeof value) {
    case 'string':
      return malformedText(value, pointer);
    case 'number':
      return !Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))
        ? { pointer, message: 'is past 2^53, which JSON numbers cannot carry exactly' }
        : undefined;
    case 'object':
      return value === null ? undefined : malformedMembers(value, pointer, depth);
    default:
      return undefined;
  }
}

function malformedText(text: string, pointer: string): InputMistake | undefined {
  if (text.includes('\0')) return { pointer, message: 'contains a NUL character' };
  return text.isWellFormed() ? undefined : { pointer, message: 'contains half a character (a lone surrogate)' };
}

function malformedMembers(value: object, pointer: string, depth: number): InputMistake | undefined {
  if (depth >= DEPTH_MAX) return { pointer, message: `is nested deeper than ${DEPTH_MAX} levels` };
  for (const [name, member] of Object.entries(value)) {
    const where = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const mistake =
      malformedName(name, pointer) ?? poisonous(name, member, where) ?? malformed(member, where, depth + 1);
    if (mistake !== undefined) return mistake;
  }
  return undefined;
}

/** The place of the mistake is the object: a pointer to the member would carry the mistake into the answer. */
function malformedName(name: string, pointer: string): InputMistake | undefined {
  const mistake = malformedText(name, pointer);
  return mistake && { pointer, message: `has a member whose name ${mistake.message}` };
}

function poisonous(name: string, member: unknown, pointer: string): InputMistake | undefined {
  const message = 'is a name that no member may have';
  if (name === '__proto__') return { pointer, message };
  const reaches =
    name === 'constructor' && typeof member === 'object' && member !== null && Object.hasOwn(member, 'prototype');
  return reaches ? { pointer: `${pointer}/prototype`, message } : undefined;
}
