/** Which keys a request means: one, or those of a prefix. */
import type { Keys } from '../types.ts';
import { putText, type Writer } from './writer.ts';

/** As the end of a range: no end. As its start: the first of all keys. */
const ZERO = '\0';

export interface KeyRange {
  readonly first: string;
  /** The key behind the last; '' means the first key alone. */
  readonly end: string;
}

/** Returns the range of keys that `asked` means, from behind the key `after` on. */
export function keyRange(asked: Keys, after?: string): KeyRange {
  if ('key' in asked) return { first: asked.key, end: '' };
  const inside = after !== undefined && Buffer.compare(Buffer.from(after), Buffer.from(asked.prefix)) >= 0;
  const first = inside ? `${after}\0` : asked.prefix;
  return { first: first === '' ? ZERO : first, end: asked.prefix === '' ? ZERO : behindPrefix(asked.prefix) };
}

/** Returns the first text behind all that begin with the prefix. The order of UTF-8 is that of code points. */
function behindPrefix(prefix: string): string {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.length > 0) {
    const last = points.pop() ?? 0;
    if (last === 0x10ffff) continue;
    // Surrogates are no characters: behind U+D7FF comes U+E000.
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return ZERO;
}

export function putKeyRange(to: Writer, { first, end }: KeyRange): void {
  putText(to, 2, end);
  putText(to, 1, first);
}
