import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../../src/testing.ts';
import { refusal, violated } from '../support.ts';
import { auditLogRowsOf, hash } from './rows.ts';

const database = await testDatabase();
const { db } = database;
const { log, leaf, tile, checkpoint, ticket } = auditLogRowsOf(db);
afterAll(() => database.close());

const REGISTRY_LOG = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const own = () => ({ event_id: randomUUID(), who_hash: hash(), what_hash: hash() });

/** Wrong rows, each by the constraint that refuses it. */
const wrong: readonly (readonly [string, string, () => Promise<unknown>])[] = [
  ['a second head', 'audit_head_one_row_check', () => sql`insert into audit_head values (2)`.execute(db)],
  ['a log longer than nothing', 'audit_logs_size_check', () => log({ size: 1, checked_size: 2 })],
  ['a negative place', 'audit_logs_size_check', () => log({ checked_size: -1 })],
  ['half a hash in a frontier', 'audit_logs_frontier_check', () => log({ frontier: hash(33) })],
  ['a leaf before the first', 'audit_leaves_index_check', () => leaf({ index: -1 })],
  ['a short hash of a leaf', 'audit_leaves_hash_check', () => leaf({ hash: hash(31) })],
  ['a row without its groups', 'audit_leaves_groups_check', () => leaf({ event_id: randomUUID() })],
  ['groups without a row', 'audit_leaves_groups_check', () => leaf({ who_hash: hash(), what_hash: hash() })],
  ['one group of two', 'audit_leaves_groups_check', () => leaf({ ...own(), what_hash: null })],
  ['a short hash of a group', 'audit_leaves_groups_check', () => leaf({ ...own(), who_hash: hash(31) })],
  ['a short salt', 'audit_leaves_salts_check', () => leaf({ ...own(), who_salt: hash(15) })],
  ['a long salt', 'audit_leaves_salts_check', () => leaf({ ...own(), what_salt: hash(17) })],
  ['a tile below the leaves', 'audit_tiles_place_check', () => tile({ level: -1 })],
  ['a tile before the first', 'audit_tiles_place_check', () => tile({ tile: -1 })],
  ['an empty tile', 'audit_tiles_hashes_check', () => tile({ hashes: hash(0) })],
  ['half a hash in a tile', 'audit_tiles_hashes_check', () => tile({ hashes: hash(48) })],
  ['a tile too full', 'audit_tiles_hashes_check', () => tile({ hashes: hash(257 * 32) })],
  ['a checkpoint of nothing', 'audit_checkpoints_size_check', () => checkpoint({ size: 0 })],
  ['a short root', 'audit_checkpoints_root_check', () => checkpoint({ root: hash(31) })],
  ['a checkpoint in no log', 'audit_checkpoints_registry_check', () => checkpoint({ registry_index: null })],
  ['the registry log in itself', 'audit_checkpoints_registry_check', () => checkpoint({ tenant_id: REGISTRY_LOG })],
  [
    'another letter',
    'audit_log_crud_check',
    () =>
      sql`insert into audit_log (actor_type, actor_id, action, origin, crud) values ('u', 'u', 'x', 'registry', 'x')`.execute(
        db,
      ),
  ],
];

test.each(wrong)('%s is refused by %s', async (_, constraint, attempt) => {
  expect(await refusal(attempt())).toEqual({ code: violated.check, constraint });
});

const twice: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['audit_head_pkey', () => sql`insert into audit_head default values`.execute(db)],
  ['audit_unsealed_pkey', () => ticket(REGISTRY_LOG)],
  ['audit_logs_pkey', () => log({ tenant_id: REGISTRY_LOG })],
  ['audit_leaves_pkey', () => leaf({ tenant_id: REGISTRY_LOG })],
  ['audit_leaves_event_id_key', () => leaf({ ...own(), event_id: REGISTRY_LOG })],
  ['audit_tiles_pkey', () => tile({ tenant_id: REGISTRY_LOG })],
  ['audit_checkpoints_pkey', () => checkpoint({ tenant_id: REGISTRY_LOG, registry_index: null })],
  ['audit_checkpoints_registry_index_key', () => checkpoint({ registry_index: 7 })],
];

test.each(twice)('what %s keeps unique is refused the second time', async (constraint, insert) => {
  if (constraint !== 'audit_head_pkey') await insert();
  expect(await refusal(insert())).toEqual({ code: violated.unique, constraint });
});
