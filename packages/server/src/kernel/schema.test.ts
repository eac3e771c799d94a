// engine: none
import { expect, test } from 'vitest';
import { date, jsonObject, timestampInput } from './schema.ts';

test.each([
  ['2026-01-02T03:04:05.678901Z', '2026-01-02T03:04:05.678901Z'],
  ['2026-01-01T00:00:00+16:00', '2025-12-31T08:00:00.000Z'],
  ['2026-01-01T00:00:00.5-00:30', '2026-01-01T00:30:00.500Z'],
  ['2026-01-01T00:00:00.1234567+01:00', '2025-12-31T23:00:00.123456Z'],
  ['9999-12-31T23:59:59.9999999Z', '9999-12-31T23:59:59.999999Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
  ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z'],
])('the time %s is handed on as %s', (given, kept) => {
  expect(timestampInput.parse(given)).toBe(kept);
});

test.each(['', 'now', '2026-01-01', '2026-02-30T00:00:00Z', '2026-01-01T00:00:00', '2026-01-01T25:00:00Z'])(
  '%j is no time, and is refused once',
  (text) => {
    expect(timestampInput.safeParse(text).error?.issues).toHaveLength(1);
  },
);

test.each(['0000-12-31T23:59:59Z', '0001-01-01T00:00:00+00:01', '9999-12-31T23:59:59-00:01'])(
  'the time %s is of a year that the database does not know',
  (text) => {
    expect(timestampInput.safeParse(text).error?.issues[0]?.message).toBe('must be of a year from 0001 to 9999');
  },
);

test('a date of the year 0 is refused', () => {
  expect(date.safeParse('0000-01-01').success).toBe(false);
  expect(date.safeParse('0001-01-01').success).toBe(true);
});

test.each([
  ['a', 32_760],
  ['ü', 16_380],
  ['€', 10_920],
  ['😀', 8_190],
])('JSON of 32 KiB passes and of a byte more does not, whatever the characters: %s', (character, count) => {
  const text = character.repeat(count);
  expect(jsonObject.safeParse({ a: text }).success).toBe(true);
  expect(jsonObject.safeParse({ a: `${text}x` }).success).toBe(false);
});

test('a number counts at the length that the database writes, whatever its exponent saves', () => {
  const numbers = (count: number) => ({ a: Array.from({ length: count }, () => 1.5e-300), b: 'e-9' });
  expect(jsonObject.safeParse(numbers(100)).success).toBe(true);
  expect(jsonObject.safeParse(numbers(110)).success).toBe(false);
  expect(jsonObject.safeParse({ a: Array.from({ length: 2_000 }, () => 'e-300') }).success).toBe(true);
});
