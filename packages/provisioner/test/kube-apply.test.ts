// engine: none
/** Merging and owning, by the cases of structured-merge-diff and of the documentation of server-side apply. */
import { describe, expect, test } from 'vitest';
import { applied, tracked, type Writing } from '../src/testing/kube/apply.ts';
import { fromFieldsV1, pathsOf, printPath, toFieldsV1 } from '../src/testing/kube/field-set.ts';
import { isObject } from '../src/testing/kube/json.ts';
import { compare, fieldSetOf, merge, misfits, remove } from '../src/testing/kube/typed.ts';
import type { Json, JsonObject, SchemaNode } from '../src/testing/kube/types.ts';
import { WIDGET } from './kube/widget.ts';

const string: SchemaNode = { kind: 'scalar', scalar: 'string' };
const setOfStrings: SchemaNode = { kind: 'list', listType: 'set', items: string };
const pairs: SchemaNode = {
  kind: 'list',
  listType: 'map',
  listMapKeys: ['key', 'id'],
  items: {
    kind: 'object',
    fields: { key: string, id: { kind: 'scalar', scalar: 'integer', default: 0 }, value: string },
  },
};
const bag: SchemaNode = {
  kind: 'object',
  fields: {
    set: setOfStrings,
    pairs,
    list: { kind: 'list', items: string },
    map: { kind: 'map', values: string },
    inner: { kind: 'object', fields: { a: string, b: string } },
    any: { kind: 'any' },
  },
};

describe('a merge of sets keeps the order of the applied set, and the rest between', () => {
  test.each([
    ['abc', 'ab', 'abc'],
    ['ab', 'abc', 'abc'],
    ['abc', '', 'abc'],
    ['', 'abc', 'abc'],
    ['ab', 'ba', 'ba'],
    ['abc', 'def', 'abcdef'],
    ['abc', 'cdef', 'abcdef'],
    ['abcgf', 'cdef', 'abcgdef'],
    ['abc', 'defxyz', 'abcdefxyz'],
    ['cdef', 'ace', 'acdef'],
    ['abcxyz', 'def', 'abcxyzdef'],
    ['abcxyz', 'defxyz', 'abcdefxyz'],
    ['cagf', 'cfag', 'cfag'],
    ['abcd', 'defa', 'bcdefa'],
    ['cdefghij', '2h3e4kl', 'cdfg2hij3e4kl'],
    ['abcdefghij', '1b2h3e4kl', 'a1bcdfg2hij3e4kl'],
    ['abb', 'c', 'abbc'],
    ['abb', 'b', 'ab'],
    ['abb', 'a', 'abb'],
    ['abcdec', '1b2ed', 'a1bc2ecd'],
    ['abcdec', '1b2ced', 'a1b2ced'],
  ])('%s and %s make %s', (live, config, merged) => {
    expect(merge(setOfStrings, [...live], [...config])).toEqual([...merged]);
  });
});

describe('a merge', () => {
  test.each<[Json, Json, Json]>([
    [{}, { inner: {} }, { inner: {} }],
    [{}, { inner: null }, { inner: null }],
    [{ inner: null }, { inner: {} }, { inner: {} }],
    [{ inner: {} }, { inner: null }, { inner: null }],
    [{ inner: { a: '1' } }, { inner: null }, { inner: { a: '1' } }],
    [{ list: ['a', 'b'] }, { list: ['c'] }, { list: ['c'] }],
    [{ map: { a: '1', b: '2' } }, { map: { b: '3', c: '4' } }, { map: { a: '1', b: '3', c: '4' } }],
    [{ any: { a: [1, 2], b: 1 } }, { any: { a: [3] } }, { any: { a: [3], b: 1 } }],
    [{ any: { a: [1] } }, { any: { a: { b: 1 } } }, { any: { a: { b: 1 } } }],
    [
      { pairs: [{ key: 'a', id: 1, value: 'x' }] },
      {
        pairs: [
          { key: 'a', id: 2, value: 'y' },
          { key: 'a', id: 1 },
        ],
      },
      {
        pairs: [
          { key: 'a', id: 2, value: 'y' },
          { key: 'a', id: 1, value: 'x' },
        ],
      },
    ],
    [
      { pairs: [{ key: 'a', id: 0, value: 'x' }] },
      { pairs: [{ key: 'a', value: 'y' }] },
      { pairs: [{ key: 'a', id: 0, value: 'y' }] },
    ],
  ])('of %j and %j makes %j', (live, config, merged) => {
    expect(merge(bag, live, config)).toEqual(merged);
  });
});

const printed = (node: SchemaNode, value: Json) => pathsOf(fieldSetOf(node, value)).map(printPath);

test('an applied value owns its leaves, items of lists with keys, and empty maps', () => {
  expect(
    printed(bag, {
      set: ['a'],
      pairs: [{ key: 'a', value: 'x' }],
      list: ['a'],
      map: { a: '1' },
      inner: {},
      any: { x: { y: 1 }, z: [1] },
    }).toSorted(),
  ).toEqual(
    [
      '.any.x',
      '.any.x.y',
      '.any.z',
      '.inner',
      '.list',
      '.map.a',
      '.pairs[id=0,key="a"]',
      '.pairs[id=0,key="a"].key',
      '.pairs[id=0,key="a"].value',
      '.set[="a"]',
    ].toSorted(),
  );
});

test('a comparison tells added, changed and removed paths', () => {
  const left = { set: ['a', 'b'], inner: { a: '1' }, list: ['a'], pairs: [{ key: 'a', id: 1, value: 'x' }] };
  const right = { set: ['b', 'c'], inner: { a: '2' }, map: { a: '1' }, pairs: [{ key: 'a', id: 1, value: 'y' }] };
  const { added, modified, removed } = compare(bag, left, right);
  const print = (set: Parameters<typeof pathsOf>[0]) => pathsOf(set).map(printPath);
  expect(print(added)).toEqual(['.map', '.map.a', '.set[="c"]']);
  expect(print(modified)).toEqual(['.inner.a', '.pairs[id=1,key="a"].value']);
  expect(print(removed)).toEqual(['.list', '.set[="a"]']);
});

test('a removal leaves what it emptied empty, and takes whole items', () => {
  const set = fromFieldsV1({ 'f:inner': { 'f:a': {} }, 'f:set': { 'v:"a"': {} }, 'f:map': {} });
  expect(remove(bag, { inner: { a: '1' }, set: ['a', 'b'], map: { a: '1' }, list: ['x'] }, set)).toEqual({
    inner: {},
    set: ['b'],
    list: ['x'],
  });
});

test('fieldsV1 is read as it was written', () => {
  const fields: JsonObject = {
    'f:a': { '.': {}, 'f:b': {} },
    'f:c': { 'k:{"name":"x","port":1}': { '.': {}, 'f:d': {} }, 'v:"y"': {}, 'v:1': {} },
  };
  expect(toFieldsV1(fromFieldsV1(fields))).toEqual(fields);
});

test('all misfits of a value are told', () => {
  expect(misfits(bag, { inner: { c: 1 }, map: { a: 1 }, set: [{}] })).toEqual([
    '.inner.c: field not declared in schema',
    '.map.a: expected string, got &value.valueUnstructured{Value:1}',
    ".set: element 0: associative list without keys has an element that's a map type",
  ]);
});

const by = (manager: string): Writing => ({
  type: WIDGET,
  manager,
  subresource: undefined,
  time: '2026-01-01T00:00:00Z',
});
const widget = (spec: JsonObject): JsonObject => ({
  apiVersion: 'exchanges.test/v1',
  kind: 'Widget',
  metadata: { name: 'a' },
  spec,
});
const specOf = (object: JsonObject) => object['spec'];
const managersOf = (object: JsonObject) => {
  const { metadata } = object;
  const entries = isObject(metadata) ? metadata['managedFields'] : undefined;
  return Array.isArray(entries)
    ? entries.map((entry) => (isObject(entry) ? `${entry['manager']} ${entry['operation']}` : ''))
    : [];
};

test('a field is handed over: its new manager takes it by force, the old one leaves it out, and it stays', () => {
  const user = { ...by('user'), force: false };
  const made = applied(undefined, widget({ image: 'a', replicas: 3 }), user);
  const scaled = applied(made, widget({ replicas: 5 }), { ...by('autoscaler'), force: true });
  const handed = applied(scaled, widget({ image: 'a' }), user);
  expect(specOf(handed)).toEqual({ image: 'a', replicas: 5 });
  expect(managersOf(handed).toSorted()).toEqual(['autoscaler Apply', 'user Apply']);
});

test('what was there before the first apply belongs to a manager of its own', () => {
  const untracked = widget({ image: 'a', replicas: 1 });
  const shared = applied(untracked, widget({ image: 'a' }), { ...by('one'), force: false });
  expect(managersOf(shared)).toEqual(['one Apply', 'before-first-apply Update']);
  expect(() => applied(untracked, widget({ image: 'b' }), { ...by('one'), force: false })).toThrow(
    'Apply failed with 1 conflict: conflict with "before-first-apply" using exchanges.test/v1: .spec.image',
  );
});

test('an update with empty managedFields resets them', () => {
  const made = tracked(undefined, widget({ image: 'a' }), by('one'));
  expect(managersOf(made)).toEqual(['one Update']);
  const reset = tracked(made, { ...widget({ image: 'a' }), metadata: { name: 'a', managedFields: [] } }, by('two'));
  expect(managersOf(reset)).toEqual([]);
  expect(managersOf(tracked(reset, widget({ image: 'b' }), by('three')))).toEqual([]);
});

test('an apply of nothing more gives all its fields up', () => {
  const one = { ...by('one'), force: false };
  const made = applied(undefined, widget({ image: 'a', settings: { a: '1' }, tags: ['x', 'y'], args: ['z'] }), one);
  const bare = applied(made, widget({ image: 'a', tags: ['y'] }), one);
  expect(specOf(bare)).toMatchObject({ image: 'a', tags: ['y'] });
  expect(specOf(bare)).not.toHaveProperty('args');
});
