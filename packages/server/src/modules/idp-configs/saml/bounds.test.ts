// engine: none
import { DOMParser, type Element, onWarningStopParsing } from '@xmldom/xmldom';
import { expect, test } from 'vitest';
import { boundsMistake, measure } from './bounds.ts';

const nested = (levels: number, inner = '') => '<a>'.repeat(levels) + inner + '</a>'.repeat(levels);
const declarations = (count: number) => Array.from({ length: count }, (_, index) => ` xmlns:n${index}="u"`).join('');

test('sixteen levels are read and seventeen are refused, whatever stands between them', () => {
  expect(boundsMistake(nested(16))).toBeUndefined();
  expect(boundsMistake(nested(17))).toContain('more than 16 levels deep');
  expect(boundsMistake(nested(15, '<b/><c x=">"/>'))).toBeUndefined();
  expect(boundsMistake(nested(16, '<b/>'))).toContain('16 levels');
  expect(boundsMistake(`<a>${nested(15).repeat(100)}</a>`)).toBeUndefined();
});

test('thirty-two namespaces at one place are read and one more is refused, on one element or on many', () => {
  expect(boundsMistake(`<a${declarations(32)}/>`)).toBeUndefined();
  expect(boundsMistake(`<a${declarations(33)}/>`)).toContain('more than 32 namespaces');
  expect(boundsMistake(`<a${declarations(16)}><b${declarations(16)}/></a>`)).toBeUndefined();
  expect(boundsMistake(`<a${declarations(16)}><b${declarations(16)}><c xmlns="u"/></b></a>`)).toContain('namespaces');
});

test('declarations that siblings repeat count once, as real providers repeat them', () => {
  const claim = '<auth:ClaimType Uri="u" xmlns:auth="urn:auth"><auth:DisplayName>N</auth:DisplayName></auth:ClaimType>';
  expect(measure(`<a xmlns="urn:a">${claim.repeat(200)}</a>`)).toEqual({ depth: 3, namespaces: 2 });
  expect(boundsMistake(`<a xmlns="urn:a">${claim.repeat(200)}</a>`)).toBeUndefined();
});

test('markup inside comments, character data, instructions and values is no markup', () => {
  const text = `<!-- <a><b> --><a x="<b>" y='<c xmlns="u">'><![CDATA[<d><e>]]><?f <g> ?></a>`;
  expect(measure(text)).toEqual({ depth: 1, namespaces: 0 });
});

test.each(['<a', '<a x="', '<!-- ', '<![CDATA[', '<?', `<a x='>`, '</a'])('%j never ends, and is refused', (text) => {
  expect(boundsMistake(`<e>${text}`)).toContain('not well-formed');
});

test.each(['<!DOCTYPE a>', '<!doctype a>', '<!ENTITY a "b">'])('%s is refused', (text) => {
  expect(boundsMistake(`${text}<a/>`)).toContain('document type declaration');
});

function parsed(xml: string): Element | null {
  try {
    return new DOMParser({ onError: onWarningStopParsing, locator: false }).parseFromString(xml, 'text/xml')
      .documentElement;
  } catch {
    return null;
  }
}

const depthOf = (element: Element): number => 1 + Math.max(0, ...[...element.children].map(depthOf));
const namespacesOf = (element: Element): number => {
  const own = [...element.attributes].filter(({ name }) => name === 'xmlns' || name.startsWith('xmlns:')).length;
  return own + Math.max(0, ...[...element.children].map(namespacesOf));
};

/** The next of a fixed series of numbers from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const PIECES = [
  ...['<!--', '-->', '<![CDATA[', ']]>', '<?p', '?>', '"', "'", '>', '/>', '<', '=', 'xmlns', '\n', ']', '-', '&lt;'],
  ...['<b>', '</b>', '<b/>', "<b x='>'>", `<b x='"'>`, '<b xmlns:c="u">', "<b xmlns:c='<d>'/>", '<!-- <b> -->', 'text'],
];

test('of no text that the parser accepts it sees more than was measured', () => {
  const random = randomFrom(20_261_127);
  const pick = () => PIECES[Math.floor(random() * PIECES.length)] ?? '';
  const grow = (left: number): string => {
    if (left === 0) return '';
    // Well-formed more often than not: pure noise is never accepted.
    return random() < 0.3 ? pick() : `<b${random() < 0.3 ? ' xmlns:c="u"' : ''}>${grow(left - 1)}</b>${grow(left - 1)}`;
  };
  let accepted = 0;
  for (let round = 0; round < 5_000; round++) {
    const xml = `<a>${grow(1 + Math.floor(random() * 4))}</a>`;
    const root = parsed(xml);
    if (root === null) continue;
    accepted += 1;
    const size = measure(xml);
    expect(size?.depth, xml).toBeGreaterThanOrEqual(depthOf(root));
    expect(size?.namespaces, xml).toBeGreaterThanOrEqual(namespacesOf(root));
  }
  expect(accepted).toBeGreaterThan(1_000);
});
