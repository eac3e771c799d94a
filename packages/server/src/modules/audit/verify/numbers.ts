/** Numbers of JSON that JavaScript would read as others. Without I/O. */

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?/g;
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/;

/**
 * Tells whether every number of the text is read as what it is. No other is in what the registry has written, and the leaf could
 * not tell it from its neighbour. A null instead of a document is none of the registry's either; a text that is null is not looked at.
 */
export function isOfDoubles(text: string | null): boolean {
  if (text === null) return true;
  if (text === 'null') return false;
  const tokens = text.match(TOKEN) ?? [];
  return tokens.every((token) => token.startsWith('"') || plain(token) === plain(String(Number(token))));
}

/** Returns the one form of a decimal number: its digits without zeros at the ends, and where the point is. */
function plain(token: string): string {
  const parts = NUMBER.exec(token);
  if (parts === null) return token; // infinite
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const trimmed = digits.replace(/0+$/, '');
  return trimmed === ''
    ? '0'
    : `${sign}${trimmed}e${Number(exponent) - fraction.length + digits.length - trimmed.length}`;
}
