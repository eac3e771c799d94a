/** When a document may break the callers of an older one. Pure. */

/**
 * Tells whether the version has grown enough to break callers of the released one (Semantic Versioning, 4 and 8): in
 * the first number, or in the second while the first is 0.
 */
export function mayBreak(released: string, present: string): boolean {
  const [old, now] = [numbersOf(released), numbersOf(present)];
  if (now.major !== old.major) return now.major > old.major;
  return now.major === 0 && now.minor > old.minor;
}

function numbersOf(version: string): { readonly major: number; readonly minor: number } {
  const [major = Number.NaN, minor = Number.NaN] = version.split('.').map(Number);
  return { major, minor };
}
