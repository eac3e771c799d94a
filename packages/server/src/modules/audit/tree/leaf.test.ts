// engine: none
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entryOf, groupHash, type SealedRow, whatOf, whoOf } from './leaf.ts';
import { leafHash } from './merkle.ts';

const row: SealedRow = {
  id: '0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0',
  tenant_slug: 'acme',
  product: 'certifai',
  project_id: null,
  actor_type: 'user',
  actor_id: 'u-2391',
  actor_name: 'Jane Doe',
  action: 'report.exported',
  crud: 'r',
  target_type: 'report',
  target_id: 'r-17',
  target_name: 'Q4',
  description: null,
  metadata: { pages: 12, format: 'pdf' },
  external_id: null,
  extra: null,
  source_ip: '203.0.113.7',
  request_id: 'r-1',
  is_failure: false,
  occurred_at: '2026-01-15T09:30:00Z',
  created_at: '2026-01-15T09:30:00.25Z',
  origin: 'reported',
  reported_by: 'internal_token',
};
const log = '0192f0c4-0000-7000-8000-000000000001';
const salt = Buffer.alloc(16, 1);

const WHO = ['actor_id', 'actor_name', 'reported_by', 'source_ip'] as const;
const WHAT = ['description', 'external_id', 'extra', 'metadata', 'target_id', 'target_name'] as const;
const CLEAR = (Object.keys(row) as (keyof SealedRow)[]).filter(
  (column) => !([...WHO, ...WHAT] as string[]).includes(column),
);

const pick = (from: SealedRow, columns: readonly (keyof SealedRow)[]) =>
  Object.fromEntries(columns.map((column) => [column, from[column]]));

/** The leaf of a row, all of it under one salt. */
function leafOf(of: SealedRow): string {
  const who = groupHash(salt, whoOf(of)).toString('hex');
  const what = groupHash(salt, whatOf(of)).toString('hex');
  return leafHash(entryOf(of, { log, who, what })).toString('hex');
}

test('the texts of a row never change, for leaves are hashed from them', () => {
  expect(whoOf(row)).toBe(
    '{"actor_id":"u-2391","actor_name":"Jane Doe","reported_by":"internal_token","source_ip":"203.0.113.7"}',
  );
  expect(whatOf(row)).toBe(
    '{"description":null,"external_id":null,"extra":null,"metadata":{"format":"pdf","pages":12},"target_id":"r-17","target_name":"Q4"}',
  );
  expect(entryOf(row, { log, who: 'aa', what: 'bb' })).toBe(
    '{"action":"report.exported","actor_type":"user","created_at":"2026-01-15T09:30:00.25Z","crud":"r","id":"0192f0c4-1b2a-7d3e-8f4a-5b6c7d8e9fa0","is_failure":false,"log":"0192f0c4-0000-7000-8000-000000000001","occurred_at":"2026-01-15T09:30:00Z","origin":"reported","product":"certifai","project_id":null,"request_id":"r-1","target_type":"report","tenant_slug":"acme","v":1,"what":"bb","who":"aa"}',
  );
});

test('they are canonical JSON of exactly their columns, for rows of every kind', () => {
  const text = fc.string({ unit: 'binary' });
  const maybe = fc.option(text);
  const object = fc.dictionary(text, fc.jsonValue({ stringUnit: 'binary' }));
  const rows: fc.Arbitrary<SealedRow> = fc.record({
    ...{ id: text, actor_type: text, actor_id: text, action: text, occurred_at: text, created_at: text },
    ...{ tenant_slug: maybe, product: maybe, project_id: maybe, actor_name: maybe, crud: maybe, target_type: maybe },
    ...{ target_id: maybe, target_name: maybe, description: maybe, external_id: maybe, source_ip: maybe },
    ...{ request_id: maybe, reported_by: maybe, metadata: object, extra: fc.option(object) },
    is_failure: fc.boolean(),
    origin: fc.constantFrom('registry', 'reported'),
  });
  fc.assert(
    fc.property(rows, (each) => {
      expect(whoOf(each)).toBe(canonicalize(pick(each, WHO)));
      expect(whatOf(each)).toBe(canonicalize(pick(each, WHAT)));
      const [who, what] = ['aa', 'bb'];
      expect(entryOf(each, { log, who, what })).toBe(canonicalize({ v: 1, log, who, what, ...pick(each, CLEAR) }));
    }),
    { numRuns: 300 },
  );
});

test('a change of any column changes the leaf, and so does another log', () => {
  const before = leafOf(row);
  for (const column of Object.keys(row) as (keyof SealedRow)[]) {
    const value = row[column];
    const changed =
      typeof value === 'boolean' ? !value : typeof value === 'object' && value !== null ? {} : `${value}x`;
    expect(leafOf({ ...row, [column]: changed }), column).not.toBe(before);
  }
  expect(entryOf(row, { log, who: '', what: '' })).not.toBe(entryOf(row, { log: row.id, who: '', what: '' }));
});

test('the entry has nothing of what can be erased', () => {
  const entry = entryOf(row, { log, who: 'aa', what: 'bb' });
  for (const value of ['u-2391', 'Jane', 'internal_token', '203.0.113', 'r-17', 'Q4', 'pdf'])
    expect(entry).not.toContain(value);
});

test('a group is hashed behind its salt', () => {
  const text = whoOf({ ...row, actor_name: 'Zoë 😀' });
  expect(groupHash(salt, text)).toEqual(createHash('sha256').update(salt).update(text, 'utf8').digest());
  expect(groupHash(Buffer.alloc(16, 2), text)).not.toEqual(groupHash(salt, text));
  expect(() => groupHash(Buffer.alloc(15), text)).toThrow('a salt has 16 bytes');
  expect(() => groupHash(Buffer.alloc(0), text)).toThrow('a salt has 16 bytes');
});
