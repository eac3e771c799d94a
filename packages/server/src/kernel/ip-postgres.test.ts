// engine: pglite
/** What the registry reads as an address or a range, PostgreSQL reads too, and as the same. */
import { testDatabase } from '@tenant-registry/db/testing';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { hostBits, parseAddress, parseCidr } from './ip.ts';

const database = await testDatabase();
afterAll(() => database.close());

const octet = fc.oneof(fc.nat(255), fc.constantFrom(0, 10, 127, 255)).map(String);
const v4 = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join('.'));
const group = fc.oneof(fc.nat(0xffff), fc.constantFrom(0, 1, 0xffff)).map((value) => value.toString(16));
const groups = (maxLength: number) => fc.array(group, { maxLength }).map((parts) => parts.join(':'));
const spelt = fc.constantFrom(
  (text: string) => text,
  (text: string) => text.toUpperCase(),
);
const v6 = fc.oneof(
  fc.array(group, { minLength: 8, maxLength: 8 }).map((parts) => parts.join(':')),
  fc.tuple(groups(4), groups(3)).map((halves) => halves.join('::')),
  fc.tuple(fc.array(group, { minLength: 6, maxLength: 6 }), v4).map(([parts, tail]) => [...parts, tail].join(':')),
  fc
    .tuple(groups(3), groups(2), v4)
    .map(([head, middle, tail]) => `${head}::${middle === '' ? '' : `${middle}:`}${tail}`),
);
const valid = fc.oneof(
  v4,
  fc.tuple(v6, spelt).map(([text, spell]) => spell(text)),
);
const length = fc.oneof(fc.nat(33), fc.nat(130)).map(String);
const withLength = fc.oneof(
  valid,
  fc.tuple(valid, length).map((parts) => parts.join('/')),
);

/** The text with one character more, less or another. */
const mutated = fc
  .tuple(withLength, fc.nat(50), fc.nat(1), fc.constantFrom(...'0123456789abcdefgF:./ %[]x-+٣', '', '::', '00'))
  .map(([text, place, gone, put]) => {
    const at = place % (text.length + 1);
    return text.slice(0, at) + put + text.slice(at + gone);
  });

interface Reading {
  readonly text: string;
  /** Family of two bytes, bits, whether it is a range, length, and the address. */
  readonly inet: string | null;
  readonly is_cidr: boolean;
}

/** Resolves to what PostgreSQL makes of each text. */
async function readingsOf(texts: readonly string[]): Promise<Reading[]> {
  const { rows } = await sql<Reading>`
    select text, pg_input_is_valid(text, 'cidr') as is_cidr,
      case when pg_input_is_valid(text, 'inet') then encode(inet_send(text::inet), 'hex') end as inet
    from unnest(${texts}::text[]) as text`.execute(database.db);
  return rows;
}

test('each text that is read as an address or a range is read by PostgreSQL, with the same family, length and value', async () => {
  const texts = fc.sample(fc.oneof(withLength, mutated), { seed: 14, numRuns: 20_000 });
  const read = { addresses: 0, ranges: 0, refused: 0 };
  for (const { text, inet, is_cidr } of await readingsOf(texts)) {
    const [address, range] = [parseAddress(text), parseCidr(text)];
    const found = address ?? range;
    if (found === undefined) {
      read.refused += 1;
      continue;
    }
    read[address === undefined ? 'ranges' : 'addresses'] += 1;
    expect(inet, text).not.toBeNull();
    const [bits, digits] = found.family === 4 ? [32, 8] : [128, 32];
    const told = { family: inet?.startsWith('02') ? 4 : 6, length: Number.parseInt(inet?.slice(2, 4) ?? '', 16) };
    expect(told, text).toEqual({ family: found.family, length: range?.prefix ?? bits });
    expect(inet?.slice(8), text).toBe(found.value.toString(16).padStart(digits, '0'));
    if (range !== undefined) expect(is_cidr, text).toBe(!hostBits(range));
  }
  expect(Math.min(...Object.values(read)), JSON.stringify(read)).toBeGreaterThan(1_000);
});

test('texts without a mistake are read, whichever form of an address they have', () => {
  fc.assert(
    fc.property(valid, (text) => {
      expect(parseAddress(text), text).toBeDefined();
      expect(parseCidr(`${text}/8`)?.prefix).toBe(8);
    }),
    { numRuns: 2_000 },
  );
});
