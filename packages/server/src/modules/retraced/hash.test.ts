// engine: none
import { computeHash, type Event } from '@retracedhq/retraced/lib/event.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventHash, type HashedEvent } from './hash.ts';
import { extraOf, retracedEvent } from './schema.ts';

/** What ends a field, escapes, is empty, or is sorted otherwise by people than by machines. */
const odd = fc.constantFrom(
  '',
  ' ',
  '%',
  ':',
  '=',
  ';',
  '%25',
  '%3A',
  'a:b=c;d%',
  'ä',
  '😀',
  '\u2028',
  'null',
  '__a',
  'constructor',
  'length',
  'Z',
  'a',
  'é',
);
const text = fc.oneof({ weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) }, odd);
const some = fc.oneof(
  text.filter((each) => each !== ''),
  odd.filter((each) => each !== ''),
);
const value = fc.oneof(text, fc.constantFrom(0, -0, 1, -1.5, 1e21, true, false, null));
const fields = fc.dictionary(
  text.filter((each) => each !== '__proto__'),
  value,
  { maxKeys: 5 },
);
const gone = fc.constantFrom(undefined, null);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof(arbitrary, gone);
const party = maybe(fc.oneof(fc.record({ id: some, name: maybe(text), fields: maybe(fields) }), fc.constant({})));
const flag = maybe(fc.boolean());

const event = fc.record({
  action: some,
  crud: maybe(fc.constantFrom('c', 'r', 'u', 'd')),
  group: party,
  actor: party,
  target: party,
  source_ip: maybe(fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant(''))),
  description: maybe(text),
  is_failure: flag,
  is_anonymous: flag,
  fields: maybe(fields),
  external_id: maybe(text),
  metadata: maybe(fields),
});

// proves A30
test('the hash is that of the official client, for ten thousand events with odd and empty values', () => {
  fc.assert(
    fc.property(event, fc.uuid(), (made, id) => {
      const sent = JSON.parse(JSON.stringify(made)) as HashedEvent; // as it travels
      const { hashResult } = computeHash(made as unknown as Event, id); // its types are narrower than what it takes
      expect(eventHash(sent, id)).toBe(hashResult);
    }),
    { numRuns: 10_000 },
  );
});

const least = { action: 'user.login', actor: { id: 'u' } };

test.each([
  ['an action that is missing', { actor: { id: 'u' } }, '/action'],
  ['an empty action', { ...least, action: '' }, '/action'],
  ['an action with an asterisk', { ...least, action: 'a.*' }, '/action'],
  ['a letter that is none of crud', { ...least, crud: 'x' }, '/crud'],
  ['an actor without an id', { ...least, actor: { name: 'x' } }, '/actor/id'],
  ['no actor', { action: 'a' }, '/actor'],
  ['an actor without members', { action: 'a', actor: {} }, '/actor'],
  ['a group without an id', { ...least, group: { name: 'x' } }, '/group/id'],
  ['a target without an id', { ...least, target: { name: 'x' } }, '/target/id'],
  ['an address that is none', { ...least, source_ip: 'here' }, '/source_ip'],
  ['a time that is none', { ...least, created: 'now' }, '/created'],
  ['a flag that is a text', { ...least, is_failure: 'yes' }, '/is_failure'],
  ['fields that are a list', { ...least, fields: ['a'] }, '/fields'],
  ['a field that is an object', { ...least, fields: { a: { b: 1 } } }, '/fields/a'],
  ['metadata that is a list inside', { ...least, metadata: { a: [] } }, '/metadata/a'],
  ['metadata over 32 KiB', { ...least, metadata: { a: 'x'.repeat(32_768) } }, '/metadata'],
  ['fields over 32 KiB', { ...least, fields: { a: 'x'.repeat(32_768) } }, ''],
])('%s is refused at its place', (_, given, pointer) => {
  const { error } = retracedEvent.safeParse(given);
  expect(error?.issues.map(({ path }) => path.map((step) => `/${String(step)}`).join(''))).toEqual([pointer]);
});

test('what is empty counts as absent, and what is not known is ignored', () => {
  const empty = { group: {}, target: null, source_ip: '', description: '', external_id: '', fields: null, created: '' };
  expect(retracedEvent.parse({ ...least, ...empty, displayTitle: 'x' })).toEqual(least);
  expect(retracedEvent.parse({ action: 'a', is_anonymous: true })).toEqual({ action: 'a', is_anonymous: true });
});

test('a row keeps besides its columns what was sent, and nothing else', () => {
  const extra = (fields: object) => extraOf(retracedEvent.parse({ ...least, ...fields }));
  expect(extra({ target: { id: 't' }, group: { id: 'g' } })).toStrictEqual({});
  expect(extra({ fields: {}, target: { id: 't', fields: {} } })).toStrictEqual({ fields: {}, target: { fields: {} } });
  expect(extra({ is_anonymous: false, version: '1' })).toStrictEqual({ is_anonymous: false, version: '1' });
});
