/** The actions that products may not report: what the registry says of its own things. */

/**
 * Returns the function that tells whether an action begins with the noun of one of these types, in any case. The whole noun is
 * reserved: types that the registry gains later will mostly share one, and `api_key.*` finds the registry's rows alone.
 */
export function reservedBy(types: readonly string[]): (action: string) => boolean {
  const nouns = new Set(types.map(nounOf));
  return (action) => nouns.has(nounOf(action));
}

function nounOf(action: string): string {
  return action.split('.', 1).join('').toLowerCase();
}
