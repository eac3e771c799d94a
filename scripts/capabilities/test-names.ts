/** Finds the name of the test that follows a place in the text of a test file, without running it. */

const OPENING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
/** After one of these a slash begins a regular expression, not a division. */
const BEFORE_REGEX = '(,=:[!&|?{};>';

/**
 * Returns the name of the `test`, `test.each(…)(…)` or `describe` that comes next, as it is written; undefined when
 * something that is no test comes next.
 */
export function testNameAfter(source: string, from: number): string | undefined {
  let at = skipBlank(source, from);
  const [word] = /^(test|it|describe)\b/.exec(source.slice(at, at + 10)) ?? [];
  if (word === undefined) return undefined;
  for (at += word.length; at < source.length; ) {
    at = skipBlank(source, at);
    const character = source[at] ?? '';
    if (character === '.') at += /^\.\s*\w+/.exec(source.slice(at, at + 100))?.[0].length ?? 1;
    else if (character === '<') at = skipTypes(source, at);
    else if (character === '`') at = skipText(source, at);
    else if (character === '(') {
      const first = skipBlank(source, at + 1);
      if (`'"\``.includes(source[first] ?? ' ')) return unescaped(source.slice(first + 1, skipText(source, first) - 1));
      at = skipGroup(source, at);
    } else return undefined;
  }
  return undefined;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, '$1');
}

/** Past white space and comments. */
function skipBlank(source: string, from: number): number {
  const blank = /(\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
  blank.lastIndex = from;
  blank.exec(source);
  return blank.lastIndex;
}

/** Past the text literal that begins there. */
function skipText(source: string, from: number): number {
  const quote = source[from];
  let at = from + 1;
  while (at < source.length && source[at] !== quote) {
    if (quote === '`' && source.startsWith('${', at)) at = skipGroup(source, at + 1);
    else at += source[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}

/** Past the bracket that closes the one that stands there. */
function skipGroup(source: string, from: number): number {
  const closing = OPENING[source[from] ?? ''];
  let at = from + 1;
  let before = source[from] ?? '';
  while (at < source.length) {
    at = skipBlank(source, at);
    const character = source[at] ?? '';
    if (character === closing) return at + 1;
    if (character in OPENING) at = skipGroup(source, at);
    else if (`'"\``.includes(character)) at = skipText(source, at);
    else if (character === '/' && BEFORE_REGEX.includes(before)) at = skipRegex(source, at);
    else at += 1;
    before = character;
  }
  return at;
}

function skipRegex(source: string, from: number): number {
  const regex = /\/(\\.|\[(\\.|[^\]\\])*\]|[^/\\[])+\//y;
  regex.lastIndex = from;
  return regex.test(source) ? regex.lastIndex : from + 1;
}

/** Past type arguments, in which an arrow is no end. */
function skipTypes(source: string, from: number): number {
  let depth = 0;
  for (let at = from; at < source.length; at += 1) {
    if (source[at] === '<') depth += 1;
    if (source[at] === '>' && source[at - 1] !== '=') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return source.length;
}
