/** Finds the value of a flag: a configuration, or a part of one. */

/** The key of a configuration, and the tokens of the JSON pointer (RFC 6901) into its content. */
export interface FlagPlace {
  readonly key: string;
  readonly tokens: readonly string[];
}

/** Returns where the value of the flag is; undefined for text that names no place. */
export function placeOf(flagKey: string): FlagPlace | undefined {
  // No key of a configuration contains the sign.
  const [, key = '', pointer = ''] = /^([^#]+)(?:#(.*))?$/s.exec(flagKey) ?? [];
  if (key === '' || !/^(\/([^~]|~[01])*)?$/s.test(pointer)) return undefined;
  const tokens = pointer.split('/').slice(1);
  return { key, tokens: tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~')) };
}

/** Returns the value at the end of the tokens; undefined if there is none. Inherited members are none. */
export function valueAt(content: unknown, tokens: readonly string[]): unknown {
  return tokens.reduce<unknown>((value, token) => {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value) && !/^(0|[1-9]\d*)$/.test(token)) return undefined;
    return Object.hasOwn(value, token) ? (value as Record<string, unknown>)[token] : undefined;
  }, content);
}
