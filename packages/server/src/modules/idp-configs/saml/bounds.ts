/**
 * Bounds on XML that are checked before it is parsed, in one pass over the text. A parser copies all names in scope for
 * each element that declares a namespace, so its time grows with depth times declarations: 30 KB can take it 90 ms.
 */

/** The metadata of real providers have seven levels at most. */
const DEPTH_MAX = 16;
/** At one place, with those of the elements around it. Siblings may repeat a declaration: real providers do, twenty times. */
const NAMESPACES_MAX = 32;

const NOT_WELL_FORMED = 'The SAML metadata is not well-formed XML.';
/** Parts that hold no elements: how they begin and end. */
const OPAQUE = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
] as const;

/** Returns why the text is not parsed, or undefined. */
export function boundsMistake(xml: string): string | undefined {
  // No metadata needs a DTD, and the entities that it could declare are how a small document becomes a huge one or reads files.
  if (/<!(DOCTYPE|ENTITY)/i.test(xml)) return 'The SAML metadata has a document type declaration, which is refused.';
  const size = measure(xml);
  if (size === undefined) return NOT_WELL_FORMED;
  if (size.depth > DEPTH_MAX) return `The SAML metadata has elements more than ${DEPTH_MAX} levels deep.`;
  if (size.namespaces <= NAMESPACES_MAX) return undefined;
  return `The SAML metadata declares more than ${NAMESPACES_MAX} namespaces at one place.`;
}

/**
 * Returns how deep elements are nested, and how many declarations are in scope at most at one place; undefined for a text
 * whose markup does not end. Where a text is not well-formed, this pass and the parser may see different elements; the parser
 * stops at the first such place.
 */
export function measure(xml: string): { readonly depth: number; readonly namespaces: number } | undefined {
  const declared: number[] = [];
  let [inScope, depth, namespaces] = [0, 0, 0];
  for (let at = xml.indexOf('<'); at !== -1; at = xml.indexOf('<', at)) {
    const end = endOf(xml, at);
    if (end === undefined) return undefined;
    const markup = xml.slice(at, end);
    at = end;
    if (OPAQUE.some(([opening]) => markup.startsWith(opening))) continue;
    if (markup.startsWith('</')) {
      inScope -= declared.pop() ?? 0;
      continue;
    }
    const own = declarationsIn(markup);
    depth = Math.max(depth, declared.length + 1);
    namespaces = Math.max(namespaces, inScope + own);
    if (markup.endsWith('/>')) continue;
    declared.push(own);
    inScope += own;
  }
  return { depth, namespaces };
}

/** Returns where the markup that begins there ends; undefined when it does not. */
function endOf(xml: string, start: number): number | undefined {
  const [opening, closing] = OPAQUE.find(([each]) => xml.startsWith(each, start)) ?? [];
  if (opening !== undefined) {
    const at = xml.indexOf(closing, start + opening.length);
    return at === -1 ? undefined : at + closing.length;
  }
  let quote = '';
  for (let at = start + 1; at < xml.length; at++) {
    const character = xml.charAt(at);
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === '>') return at + 1;
  }
  return undefined;
}

/** Counts too many rather than too few: values are left out, and each xmlns that remains counts. */
function declarationsIn(tag: string): number {
  return tag.includes('xmlns') ? tag.replace(/"[^"]*"|'[^']*'/g, '').split('xmlns').length - 1 : 0;
}
