// engine: none
import { expect, test } from 'vitest';
import { createBatches } from '../src/watch-batches.ts';
import { keyRange } from '../src/wire/keys.ts';
import { range, txn } from '../src/wire/kv.ts';
import { reader, takeFields, takeId, takeNumber, takeText } from '../src/wire/reader.ts';
import {
  putId,
  putMessage,
  putNumber,
  putNumberAlways,
  putText,
  type Writer,
  writer,
  written,
} from '../src/wire/writer.ts';

function bytesOf(write: (to: Writer) => void): Buffer {
  const to = writer();
  write(to);
  return written(to);
}

function fieldsOf<T>(bytes: Buffer, take: (from: ReturnType<typeof reader>) => T): [number, T][] {
  const from = reader(bytes);
  const found: [number, T][] = [];
  takeFields(from, (field) => found.push([field, take(from)]));
  return found;
}

test.each([1, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 49 + 1, 2 ** 53 - 1])(
  'the number %d is read as it was written',
  (value) => {
    expect(
      fieldsOf(
        bytesOf((to) => putNumber(to, 11, value)),
        takeNumber,
      ),
    ).toEqual([[11, value]]);
  },
);

test('numbers are written as the specification of Protocol Buffers says', () => {
  expect(bytesOf((to) => putNumber(to, 1, 150)).toString('hex')).toBe('089601');
  expect(bytesOf((to) => putText(to, 2, 'testing')).toString('hex')).toBe('120774657374696e67');
  expect(bytesOf((to) => putMessage(to, 3, (inner) => putNumber(inner, 1, 150))).toString('hex')).toBe('1a03089601');
  expect(bytesOf((to) => putNumber(to, 1, 0)).toString('hex')).toBe('');
  expect(bytesOf((to) => putNumberAlways(to, 1, 0)).toString('hex')).toBe('0800');
});

test.each([-1, 1.5, Number.NaN, 2 ** 53])('the revision %d is no revision', (revision) => {
  expect(() => range.encode({ keys: { key: 'a' }, options: { revision } })).toThrow(TypeError);
  expect(() => txn.encode({ compare: [{ key: 'a', modRevision: revision }], success: [] })).toThrow(TypeError);
});

test('a number past 2^53 is refused, and an id of 64 bits is not', () => {
  for (const id of [2n ** 53n, 2n ** 64n - 1n]) {
    const bytes = bytesOf((to) => putId(to, 1, id));
    expect(() => fieldsOf(bytes, takeNumber)).toThrow('past 2^53');
    expect(fieldsOf(bytes, takeId)).toEqual([[1, id]]);
  }
});

test('text of any length and alphabet is read as it was written, beside fields that nobody asks for', () => {
  for (const text of ['a', 'ключ', '🗝'.repeat(1000), 'x'.repeat(1_048_576)]) {
    const bytes = bytesOf((to) => {
      putNumber(to, 9, 3);
      putText(to, 4, text);
      putText(to, 3, 'passed over');
    });
    const from = reader(bytes);
    let found: string | undefined;
    takeFields(from, (field) => {
      if (field !== 4) return false;
      found = takeText(from);
      return true;
    });
    expect(found === text).toBe(true);
  }
});

test('a message that ends too early is refused', () => {
  const bytes = bytesOf((to) => putText(to, 2, 'testing'));
  for (let size = 1; size < bytes.length; size += 1)
    expect(() => fieldsOf(bytes.subarray(0, size), takeText)).toThrow('ends too early');
});

test('text with half of a surrogate pair is refused, so two keys never become one', () => {
  expect(() => range.encode({ keys: { key: 'a\ud800' }, options: {} })).toThrow(TypeError);
  expect(() => txn.encode({ success: [{ type: 'put', key: 'a', value: '\udc00' }] })).toThrow(TypeError);
});

test('a prefix covers the keys that begin with it, up to the next one in the order of UTF-8', () => {
  expect(keyRange({ prefix: 'c/' })).toEqual({ first: 'c/', end: 'c0' });
  expect(keyRange({ prefix: '' })).toEqual({ first: '\0', end: '\0' });
  expect(keyRange({ prefix: 'a\u{10ffff}' })).toEqual({ first: 'a\u{10ffff}', end: 'b' });
  expect(keyRange({ prefix: '\ud7ff' })).toEqual({ first: '\ud7ff', end: '\ue000' });
  expect(keyRange({ prefix: '\u{10ffff}' })).toEqual({ first: '\u{10ffff}', end: '\0' });
  expect(keyRange({ prefix: 'c/' }, 'c/a')).toEqual({ first: 'c/a\0', end: 'c0' });
  expect(keyRange({ prefix: 'c/' }, 'b')).toEqual({ first: 'c/', end: 'c0' });
  expect(keyRange({ key: 'k' })).toEqual({ first: 'k', end: '' });
});

const event = (modRevision: number, key: string) => ({
  type: 'put' as const,
  kv: { key, value: '', modRevision, createRevision: 1, version: 1 },
});

test('changes of one revision come together, also where a message of the watch ends between them', () => {
  const next = createBatches();
  expect(next({ events: [], continues: false })).toEqual([]);
  expect(next({ events: [event(2, 'a'), event(2, 'b'), event(3, 'c')], continues: true })).toEqual([
    { revision: 2, events: [event(2, 'a'), event(2, 'b')] },
  ]);
  expect(next({ events: [event(3, 'd')], continues: true })).toEqual([]);
  expect(next({ events: [event(3, 'e'), event(5, 'f')], continues: false })).toEqual([
    { revision: 3, events: [event(3, 'c'), event(3, 'd'), event(3, 'e')] },
    { revision: 5, events: [event(5, 'f')] },
  ]);
});
