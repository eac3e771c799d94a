// engine: postgres
/** Whatever a superuser does to the audit log is found and named, with no trigger in the way. */

import { hash } from 'node:crypto';
import { auditSealing, auditVerifying, type Tx } from '@tenant-registry/db';
import { sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { appendEvents, eventOf } from '../../../../test/support/audit-events.ts';
import {
  appendIn,
  blankIn,
  brief,
  cutIn,
  deleteRowsIn,
  forged,
  rebuildIn,
  recordIn,
  resaltIn,
  sealIn,
  signer,
  type VerifyIn,
  verifyIn,
} from '../../../../test/support/audit-forgery.ts';
import { checkpointsOf, leavesOf, REGISTRY_LOG, sealAll, signNow } from '../../../../test/support/audit-log.ts';
import { newTenant, testServer } from '../../../../test/support/server.ts';
import { checkpointText, signerOf, signNote } from '../tree/note.ts';
import { asBuffer, hashedLeaf } from './rows.ts';

const server = testServer();

/** Two full tiles, and a tail of 29 leaves of which the last 5 are not signed. */
let log = '';
let other = '';
const FIRST = 300;
const SIGNED = 536;
const SIZE = 541;

beforeAll(async () => {
  log = (await newTenant(server)).id;
  other = (await newTenant(server)).id;
  const fill = (count: number) =>
    appendEvents(
      server,
      Array.from({ length: count }, (_, n) => eventWith(n)),
    );
  await fill(FIRST - 1);
  await signNow(server);
  await fill(SIGNED - FIRST);
  await signNow(server);
  await fill(SIZE - SIGNED);
  await sealAll(server);
});

const eventWith = (n: number) =>
  eventOf({
    tenant_id: log,
    actor: { type: 'user', id: `u-${n}`, name: 'Somebody' },
    target: { type: 'report', id: `r-${n}`, name: 'Report' },
    description: 'Exported.',
    source_ip: '192.0.2.7',
    metadata: { n, nested: { a: [1, 'é', null] } },
  });

/** The row of a leaf. */
const rowAt = (index: number) =>
  sql`id = (select event_id from audit_leaves where tenant_id = ${log} and index = ${index})`;
const leafAt = (index: number) => sql`tenant_id = ${log} and index = ${index}`;
const flipped = (column: string) =>
  sql`${sql.ref(column)} = set_byte(${sql.ref(column)}, 3, get_byte(${sql.ref(column)}, 3) # 1)`;

/** What is found after the manipulation, in short. */
async function foundAfter(manipulate: (tx: Tx) => Promise<unknown>, options: VerifyIn = {}): Promise<string[]> {
  return forged(server.app.deps.db, async (tx) => {
    await manipulate(tx);
    return (await verifyIn(tx, options)).found.map(brief);
  });
}

const changeRow = (index: number, set: ReturnType<typeof sql>) => (tx: Tx) =>
  sql`update audit_log set ${set} where ${rowAt(index)}`.execute(tx);
const changeLeaf = (index: number, set: ReturnType<typeof sql>) => (tx: Tx) =>
  sql`update audit_leaves set ${set} where ${leafAt(index)}`.execute(tx);

test('nothing is found in what nobody touched, and all of it is compared', async () => {
  const { found, ...counted } = await verifyIn(server.app.deps.db);
  expect(found).toEqual([]);
  expect(counted).toMatchObject({ findings: 0, signatures: 'checked', unsigned: SIZE - SIGNED });
  const entries = (await leavesOf(server, REGISTRY_LOG)).length;
  expect((await leavesOf(server, log)).length).toBe(SIZE);
  expect(counted.leaves).toBeGreaterThanOrEqual(SIZE + entries);
  expect((await checkpointsOf(server, log)).map(({ size }) => size)).toEqual([FIRST, SIGNED]);
});

// Each column of a row, one change of it, and the part in which it is found. 10 is in a full tile, 530 in the tail.
const columns: readonly [column: string, value: string, part: string][] = [
  ['tenant_slug', `tenant_slug || 'x'`, 'entry'],
  ['product', `'other'`, 'entry'],
  ['project_id', 'gen_random_uuid()', 'entry'],
  ['actor_type', `'operator'`, 'entry'],
  ['action', `'report.exportee'`, 'entry'],
  ['crud', `'d'`, 'entry'],
  ['target_type', `'reporu'`, 'entry'],
  ['is_failure', 'not is_failure', 'entry'],
  ['request_id', `'r-2'`, 'entry'],
  ['occurred_at', `occurred_at + interval '1 microsecond'`, 'entry'],
  ['created_at', `created_at - interval '1 microsecond'`, 'entry'],
  ['actor_id', `'u-x'`, 'who'],
  ['actor_name', `'somebody'`, 'who'],
  ['reported_by', `'other'`, 'who'],
  ['source_ip', `'192.0.2.8'`, 'who'],
  ['target_id', `'r-x'`, 'what'],
  ['target_name', 'null', 'what'],
  ['description', `'exported.'`, 'what'],
  ['metadata', `jsonb_set(metadata, '{n}', '1000')`, 'what'],
  ['external_id', `'e'`, 'what'],
  ['extra', `'{}'`, 'what'],
];

test('manipulation 1: one value of a row is another, in each column, in a full tile and in the tail', async () => {
  for (const first of [10, 515]) {
    const change = async (tx: Tx) => {
      for (const [at, [column, value]] of columns.entries())
        await changeRow(first + at, sql`${sql.ref(column)} = ${sql.raw(value)}`)(tx);
    };
    expect(await foundAfter(change)).toEqual(columns.map(([, , part], at) => `changed ${first + at} [${part}]`));
  }
});

test('manipulation 1: every column of a row is among those', async () => {
  const { rows } = await sql<{ name: string }>`
    select column_name as name from information_schema.columns where table_name = 'audit_log'`.execute(
    server.app.deps.db,
  );
  const elsewhere = ['id', 'tenant_id', 'origin'];
  expect(rows.map(({ name }) => name).sort()).toEqual([...columns.map(([name]) => name), ...elsewhere].sort());
});

test('manipulation 2: a report becomes an act of the registry', async () => {
  const set = sql`origin = 'registry', reported_by = null`;
  expect(await foundAfter(changeRow(10, set))).toEqual(['changed 10 [entry,who]']);
});

test('manipulation 3: a row is moved to another tenant, or let go of while its tenant lives', async () => {
  expect(await foundAfter(changeRow(10, sql`tenant_id = ${other}`))).toEqual(['changed 10 [tenant_id]']);
  expect(await foundAfter(changeRow(10, sql`tenant_id = null`))).toEqual(['changed 10 [tenant_id]']);
});

test('manipulation 4: a row is deleted, in a tile, in the tail, and after its last signature', async () => {
  const indexes = [10, 530, SIZE - 1];
  const remove = (tx: Tx) => deleteRowsIn(tx, { log, indexes });
  expect(await foundAfter(remove)).toEqual(indexes.map((index) => `gone ${index}`));
});

test('manipulation 5: a row is inserted with the trigger off', async () => {
  const insert = (tx: Tx) =>
    sql`insert into audit_log (tenant_id, actor_type, actor_id, action, origin) values (${log}, 'user', 'u', 'x.y', 'registry')`.execute(
      tx,
    );
  expect(await foundAfter(insert)).toEqual(['added']);
  expect(await foundAfter(insert, { tenant: log })).toEqual(['added']);
  expect(await foundAfter(insert, { tenant: other })).toEqual([]);
});

test('manipulation 6: the id of a row is another', async () => {
  expect(await foundAfter(changeRow(10, sql`id = gen_random_uuid()`))).toEqual(['gone 10', 'added']);
});

test.each([
  [10, 20],
  [10, 400],
  [10, 530],
  [520, 530],
])('manipulation 7: the rows of leaves %i and %i are exchanged', async (one, two) => {
  const swap = async (tx: Tx) => {
    const spare = sql`'00000000-0000-4000-8000-000000000000'::uuid`;
    const idOf = (index: number) => sql`(select event_id from audit_leaves where ${leafAt(index)})`;
    await sql`update audit_log set id = ${spare} where ${rowAt(one)}`.execute(tx);
    await sql`update audit_log set id = ${idOf(one)} where ${rowAt(two)}`.execute(tx);
    await sql`update audit_log set id = ${idOf(two)} where id = ${spare}`.execute(tx);
  };
  expect(await foundAfter(swap)).toEqual([`swapped ${one} with ${two} [rows]`]);
});

test.each([
  [10, 20],
  [10, 400],
  [520, 530],
])('manipulation 8: leaves %i and %i are exchanged', async (one, two) => {
  const swap = async (tx: Tx) => {
    const spare = 1_000_000;
    for (const [from, to] of [
      [one, spare],
      [two, one],
      [spare, two],
    ] as const)
      await sql`update audit_leaves set index = ${to} where ${leafAt(from)}`.execute(tx);
  };
  expect(await foundAfter(swap)).toEqual([`swapped ${one} with ${two} [leaves]`]);
});

test('manipulation 9: one bit of what is stored of a leaf is another', async () => {
  const parts = [
    ['who_salt', 'who'],
    ['what_salt', 'what'],
    ['hash', 'hash'],
    ['who_hash', 'who_hash'],
    ['what_hash', 'what_hash'],
  ] as const;
  for (const first of [10, 530]) {
    const change = async (tx: Tx) => {
      for (const [at, [column]] of parts.entries()) await changeLeaf(first + at, flipped(column))(tx);
    };
    expect(await foundAfter(change)).toEqual(parts.map(([, part], at) => `changed ${first + at} [${part}]`));
  }
});

test('manipulation 10: a leaf is deleted', async () => {
  for (const index of [10, 530]) {
    const remove = (tx: Tx) => sql`delete from audit_leaves where ${leafAt(index)}`.execute(tx);
    expect(await foundAfter(remove)).toEqual(expect.arrayContaining([`leaf ${index}`, 'added']));
  }
});

test('manipulation 11: a row is changed, and its leaf made to fit', async () => {
  const forge = (index: number) => async (tx: Tx) => {
    await changeRow(index, sql`action = 'report.deleted', actor_id = 'u-2'`)(tx);
    const [leaf] = await auditVerifying.listLeavesWithRows(tx, log, { from: index, to: index + 1, bytesMax: 1 });
    if (leaf === undefined) throw new Error('the leaf is there');
    const who = hashedLeaf(leaf, log).who;
    const { computed } = hashedLeaf({ ...leaf, who_hash: who }, log);
    await changeLeaf(index, sql`hash = ${computed}, who_hash = ${who}`)(tx);
  };
  expect(await foundAfter(forge(10))).toEqual(['changed 10 [entry,hash]']);
  expect(await foundAfter(forge(530))).toEqual(
    expect.arrayContaining([`root at ${SIGNED}`, `log at ${SIZE} [frontier]`]),
  );
});

test('manipulation 12: a tile of leaves or of the level above is changed, deleted, or one too many', async () => {
  const change = (level: number) => (tx: Tx) =>
    sql`update audit_tiles set ${flipped('hashes')} where tenant_id = ${log} and level = ${level} and tile = 0`.execute(
      tx,
    );
  expect(await foundAfter(change(0))).toEqual(['tile tile 0/0']);
  expect(await foundAfter(change(1))).toEqual(['tile tile 1/0']);
  for (const level of [0, 1]) {
    const remove = (tx: Tx) =>
      sql`delete from audit_tiles where tenant_id = ${log} and level = ${level} and tile = 0`.execute(tx);
    expect(await foundAfter(remove)).toEqual([`tile tile ${level}/0`]);
  }
  const add = (tx: Tx) =>
    sql`insert into audit_tiles (tenant_id, level, tile, hashes) select tenant_id, 2, 0, hashes from audit_tiles
      where tenant_id = ${log} and level = 1`.execute(tx);
  expect(await foundAfter(add)).toEqual(['tile tile 2/0']);
});

test('manipulation 13: the end of a log is changed', async () => {
  const change = (set: ReturnType<typeof sql>) => (tx: Tx) =>
    sql`update audit_logs set ${set} where tenant_id = ${log}`.execute(tx);
  expect(await foundAfter(change(flipped('frontier')))).toEqual([`log at ${SIZE} [frontier]`]);
  expect(await foundAfter(change(sql`checked_size = ${FIRST}`))).toEqual([`log at ${FIRST} [checked_size]`]);
  expect(await foundAfter(change(sql`size = ${SIZE - 1}`))).toEqual([
    `leaf ${SIZE - 1}`,
    `log at ${SIZE - 1} [frontier]`,
  ]);
  const remove = (tx: Tx) => sql`delete from audit_logs where tenant_id = ${log}`.execute(tx);
  expect(await foundAfter(remove)).toEqual(['log']);
});

const changeCheckpoint = (size: number, set: ReturnType<typeof sql>) => (tx: Tx) =>
  sql`update audit_checkpoints set ${set} where tenant_id = ${log} and size = ${size}`.execute(tx);

test('manipulation 14: the root of a checkpoint is changed', async () => {
  expect(await foundAfter(changeCheckpoint(FIRST, flipped('root')))).toEqual([
    `checkpoint at ${FIRST} [root]`,
    `checkpoint at ${FIRST}`,
  ]);
});

test('manipulation 15: the note of a checkpoint is replaced, by one of another key, of another log, of another root', async () => {
  const [checkpoint] = await checkpointsOf(server, log);
  const root = asBuffer(checkpoint?.root ?? new Uint8Array());
  const said = { origin: `${signer.name}/${log}`, size: FIRST, root };
  const note = (text: string, by = signer) => changeCheckpoint(FIRST, sql`note = ${signNote(text, [by])}`);
  const stranger = signerOf(signer.name, Buffer.alloc(32, 1));
  expect(await foundAfter(note(checkpointText(said), stranger))).toEqual([`signature at ${FIRST}`]);
  expect(await foundAfter(note(checkpointText({ ...said, origin: `${signer.name}/${other}` })))).toEqual([
    `checkpoint at ${FIRST} [note]`,
  ]);
  const wrong = hash('sha256', 'x', 'buffer');
  expect(await foundAfter(note(checkpointText({ ...said, root: wrong })))).toEqual([`root at ${FIRST}`]);
});

test('manipulation 16: a checkpoint is deleted, or hidden from the log of checkpoints', async () => {
  const remove = (size: number) => (tx: Tx) =>
    sql`delete from audit_checkpoints where tenant_id = ${log} and size = ${size}`.execute(tx);
  const [first, last] = await checkpointsOf(server, log);
  expect(await foundAfter(remove(FIRST))).toEqual([`checkpoint ${first?.registry_index}`]);
  expect(await foundAfter(remove(SIGNED))).toEqual([`checkpoint at ${SIGNED}`, `checkpoint ${last?.registry_index}`]);
  expect(await foundAfter(changeCheckpoint(FIRST, sql`registry_index = -1`))).toEqual([
    `checkpoint ${first?.registry_index}`,
    `checkpoint at ${FIRST}`,
  ]);
  const leaf = (tx: Tx) =>
    sql`update audit_leaves set ${flipped('hash')} where tenant_id = ${REGISTRY_LOG} and index = 0`.execute(tx);
  expect(await foundAfter(leaf)).toEqual(['changed 0 [hash]']);
});

test('manipulation 17: a row is backdated and sealed, which is a new entry that no proof is against, and a notice', async () => {
  const insert = (tx: Tx) => appendIn(tx, { tenant_id: log, created_at: new Date('2001-01-01') });
  const sealed = async (tx: Tx) => {
    await insert(tx);
    await sealIn(tx);
  };
  expect(await foundAfter(sealed)).toEqual([`notice backdated ${SIZE} [created_at]`]);
});

const anchorsNow = async () =>
  (await checkpointsOf(server, REGISTRY_LOG)).map(({ note }, at) => ({ note, place: `line ${at + 1}` }));

test('manipulation 18: the end of a log is cut off with every trace of it: what went outside tells', async () => {
  const anchors = await anchorsNow();
  expect((await verifyIn(server.app.deps.db, { anchors })).found).toEqual([]);
  const registry = (await checkpointsOf(server, REGISTRY_LOG)).at(-1)?.size;
  const cut = (tx: Tx) => cutIn(tx, log, FIRST + 10);
  expect(await foundAfter(cut)).toEqual([]);
  expect(await foundAfter(cut, { anchors })).toEqual([`cut at ${registry}`]);
  expect(await foundAfter((tx) => rebuildIn(tx, log, SIGNED - 1))).toEqual(
    expect.arrayContaining([`cut at ${SIGNED}`, `log at ${SIGNED - 1} [checked_size]`, 'added']),
  );
});

test('manipulation 18: a whole log is deleted: the log of checkpoints tells, and so does a note that its tenant kept', async () => {
  const [first, last] = await checkpointsOf(server, log);
  const remove = async (tx: Tx) => {
    for (const table of ['audit_log', 'audit_leaves', 'audit_tiles', 'audit_checkpoints', 'audit_logs'])
      await sql`delete from ${sql.table(table)} where tenant_id = ${log}`.execute(tx);
  };
  const entries = [`checkpoint ${first?.registry_index}`, `checkpoint ${last?.registry_index}`];
  expect(await foundAfter(remove)).toEqual(entries);
  const anchors = [{ note: last?.note ?? '', place: 'note 1' }];
  expect(await foundAfter(remove, { anchors })).toEqual([`cut at ${SIGNED}`, ...entries]);
});

test('manipulation 19: a row is changed and the whole log made anew under other salts: what was signed tells', async () => {
  const rebuild = async (tx: Tx) => {
    await changeRow(10, sql`actor_id = 'u-x'`)(tx);
    await resaltIn(tx, log);
  };
  expect(await foundAfter(rebuild)).toEqual([`root at ${FIRST}`, `root at ${FIRST}`]);
});

test('manipulation 20: an anchor of another key, or of another root', async () => {
  const [checkpoint] = await checkpointsOf(server, REGISTRY_LOG);
  const root = hash('sha256', 'x', 'buffer');
  const text = checkpointText({ origin: `${signer.name}/${REGISTRY_LOG}`, size: checkpoint?.size ?? 0, root });
  const anchored = async (by: typeof signer) =>
    (await verifyIn(server.app.deps.db, { anchors: [{ note: signNote(text, [by]), place: 'line 1' }] })).found.map(
      brief,
    );
  expect(await anchored(signer)).toEqual([`root at ${checkpoint?.size}`]);
  expect(await anchored(signerOf(signer.name, Buffer.alloc(32, 1)))).toEqual([`signature at ${checkpoint?.size}`]);
});

test('manipulation 21: groups are blanked without a job', async () => {
  for (const groups of [['who'], ['what'], ['who', 'what']] as const)
    expect(await foundAfter((tx) => blankIn(tx, { log, groups, indexes: [10] }))).toEqual(
      groups.map((group) => `blanked 10 [${group}]`),
    );
  const salt = changeLeaf(10, sql`who_salt = null`);
  expect(await foundAfter(salt)).toEqual(['changed 10 [who]', 'blanked 10 [who]']);
});

test('manipulation 22: rows are blanked or deleted under a record that nothing has sealed', async () => {
  const job = { log, groups: ['who'], indexes: [10, 11] } as const;
  const old = { created_at: new Date(Date.now() - 3_600_000) };
  const forge = async (tx: Tx) => {
    await recordIn(tx, job, old);
    await blankIn(tx, job);
  };
  expect(await foundAfter(forge)).toEqual(['record', 'blanked 10 [who]', 'blanked 11 [who]']);
  const withoutRow = async (tx: Tx) => {
    const id = await recordIn(tx, { ...job, groups: [] });
    await sql`delete from audit_log where id = ${id}`.execute(tx);
    await sql`delete from audit_unsealed where event_id = ${id}`.execute(tx);
    await deleteRowsIn(tx, job);
  };
  expect(await foundAfter(withoutRow)).toEqual(['record', 'pruned 10', 'pruned 11']);
});

test('manipulation 23: what a sealed record speaks of is widened, in leaves or in groups', async () => {
  const job = { log, groups: ['who'], indexes: [10] } as const;
  const widen = (
    set: ReturnType<typeof sql>,
    more: { groups: readonly ('who' | 'what')[]; indexes: readonly number[] },
  ) =>
    foundAfter(async (tx) => {
      const id = await recordIn(tx, job);
      await sealIn(tx);
      await blankIn(tx, job);
      await blankIn(tx, { log, ...more });
      await sql`update audit_job_records set ${set} where event_id = ${id}`.execute(tx);
    });
  expect(await widen(sql`leaves = '{[10,12)}'`, { groups: ['who'], indexes: [11] })).toEqual([
    'record',
    'blanked 10 [who]',
    'blanked 11 [who]',
  ]);
  expect(await widen(sql`groups = '{who,what}'`, { groups: ['what'], indexes: [10] })).toEqual([
    'record',
    'blanked 10 [who]',
    'blanked 10 [what]',
  ]);
  expect(await widen(sql`groups = '{}'`, { groups: [], indexes: [] })).toEqual(['record', 'blanked 10 [who]']);
});

test('manipulation 24: a report, a row of another action, or one of another tenant pretends to be a record', async () => {
  const job = { log, groups: [], indexes: [10] } as const;
  const pretend = (event: Parameters<typeof recordIn>[2], of: Parameters<typeof recordIn>[1] = job) =>
    foundAfter(async (tx) => {
      await recordIn(tx, of, event);
      await sealIn(tx);
      await deleteRowsIn(tx, job);
    });
  expect(await pretend({})).toEqual([]);
  const named = ['record', 'pruned 10'];
  expect(await pretend({ origin: 'reported', reported_by: 'internal_token' })).toEqual(named);
  expect(await pretend({ action: 'audit.redacted' })).toEqual(named);
  for (const tenant of [null, other]) expect(await pretend({}, { ...job, tenant })).toEqual(named);
});

test('manipulation 25: a sealed record is changed, or gone', async () => {
  const job = { log, groups: [], indexes: [10] } as const;
  const after = (change: (tx: Tx, id: string) => Promise<unknown>) =>
    foundAfter(async (tx) => {
      const id = await recordIn(tx, job);
      await sealIn(tx);
      await deleteRowsIn(tx, job);
      await change(tx, id);
    });
  const gone = (tx: Tx, id: string) => sql`delete from audit_job_records where event_id = ${id}`.execute(tx);
  expect(await after(gone)).toEqual(['gone 10']);
  const changed = (tx: Tx, id: string) =>
    sql`update audit_log set metadata = metadata || '{"rows": 7}' where id = ${id}`.execute(tx);
  expect(await after(changed)).toEqual(['record', 'pruned 10', `changed ${SIZE} [what]`]);
});

test('manipulation 26: a row goes before it is sealed', async () => {
  const remove = async (tx: Tx) => {
    const id = await appendIn(tx, { tenant_id: log });
    await sql`delete from audit_log where id = ${id}`.execute(tx);
  };
  expect(await foundAfter(remove)).toEqual(['gone']);
  expect(await foundAfter(remove, { tenant: log })).toEqual(['gone']);
});

test('no value of a row stands in what is reported', async () => {
  const found = await forged(server.app.deps.db, async (tx) => {
    await changeRow(10, sql`actor_id = 'secret-actor', metadata = '{"secret-key": "secret-value"}'`)(tx);
    return (await verifyIn(tx)).found;
  });
  expect(found).toHaveLength(1);
  expect(JSON.stringify(found)).not.toMatch(/secret|Somebody|192\.0\.2|Exported|u-\d/);
});

test('the platform has a log of its own, which is compared as others are', async () => {
  const platform = auditSealing.PLATFORM_LOG;
  const found = await forged(server.app.deps.db, async (tx) => {
    const id = await appendIn(tx, {});
    await sealIn(tx);
    await sql`update audit_log set tenant_id = ${log} where id = ${id}`.execute(tx);
    return (await verifyIn(tx, { tenant: platform })).found.map(brief);
  });
  expect(found).toEqual([expect.stringMatching(/^changed \d+ \[tenant_id\]$/)]);
});
