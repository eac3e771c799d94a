// engine: none
import fc from 'fast-check';
import { applyPatch, type Operation } from 'rfc6902';
import { expect, onTestFinished, test } from 'vitest';
import type { Json } from './engine/json.ts';
import { createJsonSchemas } from './json-schemas.ts';
import { diff, type PatchOperation } from './patch.ts';

/** Applies the operations with the library's other half. */
function patched(from: Json, operations: readonly PatchOperation[]): Json {
  const whole = { root: structuredClone(from) };
  const moved = operations.map((operation) => ({ ...operation, path: `/root${operation.path}` }));
  expect(applyPatch(whole, moved as Operation[])).toEqual(moved.map(() => null));
  return whole.root;
}

/** The library's other half loses members of the name `__proto__`; what concerns them is tried below. */
const json = (fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>).filter(
  (value) => !JSON.stringify(value).includes('__proto__'),
);
const list = fc.array(fc.constantFrom<Json>(0, 1, 2, 'a', { a: 1 }, [1]), { maxLength: 12 });

// proves B32
test('the operations make the second value of the first', () => {
  const equal = (from: Json, to: Json) => {
    expect(patched(from, diff(from, to))).toEqual(to);
  };
  fc.assert(fc.property(json, json, equal), { numRuns: 300 });
  fc.assert(fc.property(list, list, equal), { numRuns: 300 });
  const object = fc.dictionary(fc.constantFrom('a', 'b', '', '~/', '-', '0'), list, { noNullPrototype: true });
  fc.assert(fc.property(object, object, equal), { numRuns: 300 });
});

test('a member of the name __proto__ is one like any other', () => {
  const of = (text: string) => JSON.parse(text) as Json;
  expect(diff(of('{}'), of('{"__proto__":0}'))).toEqual([{ op: 'add', path: '/__proto__', value: 0 }]);
  expect(diff(of('{"__proto__":{"b":1}}'), of('{"__proto__":{"b":2}}'))).toEqual([
    { op: 'replace', path: '/__proto__/b', value: 2 },
  ]);
  expect(JSON.stringify(diff([], of('{"__proto__":0}')))).toBe('[{"op":"replace","path":"","value":{"__proto__":0}}]');
});

test('small changes are small operations', () => {
  expect(diff({ a: 1, b: [1, 2, 3] }, { a: 2, b: [1, 3], c: null })).toEqual([
    { op: 'add', path: '/c', value: null },
    { op: 'replace', path: '/a', value: 2 },
    { op: 'remove', path: '/b/1' },
  ]);
  expect(diff({ a: [1] }, { a: [1] })).toEqual([]);
});

const numbers = Array.from({ length: 2_000 }, (_, index) => ({ id: index }));

test('an item more or less in a long list is one operation, and a long list with further changes is replaced alone', () => {
  const more = [...numbers.slice(0, 700), { id: -1 }, ...numbers.slice(700)];
  expect(diff({ list: numbers }, { list: more })).toEqual([{ op: 'add', path: '/list/700', value: { id: -1 } }]);
  expect(diff({ list: more }, { list: numbers })).toEqual([{ op: 'remove', path: '/list/700' }]);
  expect(diff(numbers, numbers)).toEqual([]);
  const others = numbers.toReversed();
  expect(diff({ list: numbers, a: 1 }, { list: others, a: 1 })).toEqual([
    { op: 'replace', path: '/list', value: others },
  ]);
});

test('a patch that is longer than the value replaces the value', () => {
  const [from, to] = [0, 1].map((value) =>
    Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`name ${index}`, value])),
  );
  expect(diff(from ?? {}, to ?? {})).toEqual([{ op: 'replace', path: '', value: to }]);
});

test('many lists of a length that is still compared item by item replace the value instead of costing their product', () => {
  const lists = (seed: number) =>
    Array.from({ length: 40 }, (_, list) => Array.from({ length: 40 }, (_, item) => seed + list * 40 + item));
  const [from, to] = [lists(0), lists(1_000_000)];
  expect(diff(from, to)).toEqual([{ op: 'replace', path: '', value: to }]);
});

test('the threads answer the difference, of values with inherited names and of those nested too deeply too', async () => {
  const schemas = createJsonSchemas({ clock: () => new Date(0) });
  onTestFinished(() => schemas.close());
  expect(await schemas.diff('one', { a: 1 }, { a: 2 })).toEqual([{ op: 'replace', path: '/a', value: 2 }]);
  const value = JSON.parse('{"__proto__":{"a":1}}');
  const [operation] = await schemas.diff('one', {}, value);
  expect(JSON.stringify(operation)).toBe('{"op":"add","path":"/__proto__","value":{"a":1}}');
  const [other] = await schemas.diff('one', [], [value]);
  expect(JSON.stringify(other)).toBe('{"op":"add","path":"/-","value":{"__proto__":{"a":1}}}');
  const deep = JSON.parse(`${'['.repeat(60_000)}${']'.repeat(60_000)}`);
  const operations = await schemas.diff('one', 1, deep);
  expect(operations).toHaveLength(1);
  expect(operations[0]).toMatchObject({ op: 'replace', path: '' });
  expect(await schemas.diff('one', 1, 2)).toEqual([{ op: 'replace', path: '', value: 2 }]);
});
