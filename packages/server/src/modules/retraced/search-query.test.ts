// engine: none
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSearch, SearchMistake } from './search-query.ts';

const whole = (text: string) => ({ text, isPrefix: false });
const found = (text: string) =>
  Object.fromEntries(
    Object.entries(parseSearch(text)).filter(([, values]) => !Array.isArray(values) || values.length > 0),
  );

test.each([
  ['', {}],
  ['crud:c,u,d', { cruds: ['c', 'u', 'd'] }],
  ['action:user.login', { actions: [whole('user.login')] }],
  ['action:"user.*,a.b"', { actions: [{ text: 'user.', isPrefix: true }, whole('a.b')] }],
  ['action:*', {}],
  ['action:a action:b', { actions: [whole('a'), whole('b')] }],
  ['actor.name:"Jane Doe" actor.id:u-1', { actor_names: ['Jane Doe'], actor_ids: ['u-1'] }],
  ['description:\'a "b"\' x', { descriptions: ['a "b"'], words: ['x'] }],
  ['description:"say \\"hi\\" to \\\\ them"', { descriptions: ['say "hi" to \\ them'] }],
  ['location:"10.0" target.id:t external_id:e', { locations: ['10.0'], target_ids: ['t'], external_ids: ['e'] }],
  ['hello "two words" color:red', { words: ['hello', 'two words', 'color:red'] }],
  ['constructor:a toString:b', { words: ['constructor:a', 'toString:b'] }],
  ['actor.id: crud:""', {}],
  [
    'received:2026-01-15,2026-02-15T10:00:00+02:00',
    { received: { since: '2026-01-15T00:00:00.000Z', until: '2026-02-15T08:00:00.000Z' } },
  ],
  ['created:2026-01-15T09:30:00.123Z,', { created: { since: '2026-01-15T09:30:00.123Z', until: undefined } }],
  ['created:,2026-01-15', { created: { since: undefined, until: '2026-01-15T00:00:00.000Z' } }],
])('%j', (text, expected) => {
  expect(found(text)).toEqual(expected);
});

test.each([
  ['crud:x', /crud/],
  ['received:2026-01-15', /received takes two/],
  ['received:a,b', /received takes times/],
  ['created:1,2,3', /created takes two/],
  ['created:2026-99-99,', /created takes times/],
  ['a\0', /NUL/],
  ['\ud800', /half a character/],
  ['-action:a', /leave out/],
  ['-"word"', /leave out/],
  ['x'.repeat(2_001), /2000 characters/],
  [`crud:${'c,'.repeat(51)}`, /50 values/],
])('%j is refused and says why', (text, message) => {
  expect(() => parseSearch(text)).toThrow(message);
});

test('every text is understood or refused, quickly', () => {
  const part = fc.constantFrom(
    '"',
    "'",
    '\\',
    ':',
    ',',
    '-',
    ' ',
    'action:',
    'received:',
    'a',
    '2026-01-01',
    '\n',
    '😀',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 200 }), (parts) => {
      try {
        parseSearch(parts.join(''));
      } catch (error) {
        expect(error).toBeInstanceOf(SearchMistake);
      }
    }),
  );
});
