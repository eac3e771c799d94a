/** The name of a database constraint → the error that its violation means. */
import type { ErrorFactory, ErrorSet } from '../errors.ts';

/** Maps a constraint's name to the error it means. Throws when two errors claim one constraint or one code. */
export function collectConstraints(sets: readonly ErrorSet[]): ReadonlyMap<string, ErrorFactory> {
  const constraints = new Map<string, ErrorFactory>();
  const codes = new Set<string>();
  for (const factory of sets.flatMap((set) => Object.values(set))) {
    const { code, constraint } = factory.definition;
    if (codes.has(code)) throw new Error(`two errors have the code ${code}`);
    codes.add(code);
    for (const name of [constraint ?? []].flat()) {
      if (constraints.has(name)) throw new Error(`two errors claim the constraint ${name}`);
      constraints.set(name, factory);
    }
  }
  return constraints;
}
