// engine: postgres
/** What a superuser tries in order to go unnamed: with constraints dropped, with values that nobody reads, with rows in odd places. */
import { auditSealing, type Tx } from '@tenant-registry/db';
import { type RawBuilder, sql } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { appendEvents, eventOf } from '../../../../test/support/audit-events.ts';
import {
  appendIn,
  blankIn,
  brief,
  deleteRowsIn,
  forged,
  rebuildIn,
  recordIn,
  sealIn,
  type VerifyIn,
  verifyIn,
} from '../../../../test/support/audit-forgery.ts';
import { checkpointsOf, REGISTRY_LOG, signNow } from '../../../../test/support/audit-log.ts';
import { newTenant, testServer } from '../../../../test/support/server.ts';

const server = testServer();
let log = '';
let other = '';
/** One full tile and a tail, all of it signed. */
const SIZE = 270;

beforeAll(async () => {
  log = (await newTenant(server)).id;
  other = (await newTenant(server)).id;
  const events = Array.from({ length: SIZE - 1 }, (_, n) =>
    eventOf({ tenant_id: log, actor: { type: 'user', id: 'u-1' }, metadata: { n, ratio: 0.1, big: 900719925474099 } }),
  );
  await appendEvents(server, events);
  await signNow(server);
});

type Work = (tx: Tx) => Promise<unknown>;

async function foundAfter(manipulate: Work, options: VerifyIn = {}): Promise<string[]> {
  return forged(server.app.deps.db, async (tx) => {
    await manipulate(tx);
    return (await verifyIn(tx, options)).found.map(brief);
  });
}

const run =
  (...statements: readonly RawBuilder<unknown>[]): Work =>
  async (tx) => {
    for (const statement of statements) await statement.execute(tx);
  };
const eventAt = (index: number) =>
  sql`(select event_id from audit_leaves where tenant_id = ${log} and index = ${index})`;
const changeRow = (index: number, set: RawBuilder<unknown>) =>
  sql`update audit_log set ${set} where id = ${eventAt(index)}`;
const changeLeaf = (index: number, set: RawBuilder<unknown>) =>
  sql`update audit_leaves set ${set} where tenant_id = ${log} and index = ${index}`;
const free = (table: string, ...constraints: readonly string[]) =>
  sql`alter table ${sql.table(table)} ${sql.join(constraints.map((name) => sql`drop constraint ${sql.id(name)}`))}`;

/** Adds a row without a ticket. */
const hidden = async (tx: Tx, tenant_id: string | null) => {
  const id = await appendIn(tx, { tenant_id });
  await sql`delete from audit_unsealed where event_id = ${id}`.execute(tx);
  return id;
};

test('nothing is found in what nobody touched', async () => {
  expect(await foundAfter(async () => {})).toEqual([]);
});

test('a row that was added is no less added for a leaf that claims it where leaves have no rows, or in the log of others', async () => {
  const claimedBy = (where: RawBuilder<unknown>, tenant: () => string | null) => async (tx: Tx) => {
    const id = await hidden(tx, tenant());
    await sql`update audit_leaves set event_id = ${id}, who_hash = hash, what_hash = hash where ${where}`.execute(tx);
  };
  const ofCheckpoint = sql`tenant_id = ${REGISTRY_LOG} and index = 0`;
  for (const tenant of [() => log, () => null])
    expect(await foundAfter(claimedBy(ofCheckpoint, tenant))).toContain('added');
  const elsewhere = async (tx: Tx) => {
    const id = await hidden(tx, log);
    await sql`
      insert into audit_leaves (tenant_id, index, event_id, hash, who_hash, what_hash)
      select ${other}, 100, ${id}, hash, hash, hash from audit_leaves where tenant_id = ${log} and index = 0`.execute(
      tx,
    );
  };
  expect(await foundAfter(elsewhere, { tenant: log })).toEqual(['added']);
});

test('a leaf before the first, and two in one place, hide no row', async () => {
  const copied = (index: number) => async (tx: Tx) => {
    const id = await hidden(tx, log);
    await free('audit_leaves', 'audit_leaves_pkey', 'audit_leaves_index_check').execute(tx);
    await sql`
      insert into audit_leaves (tenant_id, index, event_id, hash, who_hash, what_hash)
      select tenant_id, ${index}, ${id}, hash, who_hash, what_hash from audit_leaves
      where tenant_id = ${log} and index = 5`.execute(tx);
  };
  expect(await foundAfter(copied(-1))).toContain('added');
  expect(await foundAfter(copied(5))).toContain('leaf 5');
});

test('two rows under one id', async () => {
  const twice = run(
    free('audit_log', 'audit_log_pkey'),
    sql`insert into audit_log select * from audit_log where id = ${eventAt(5)}`,
  );
  expect(await foundAfter(twice)).toContain('leaf 5');
});

test('times that no row of the registry has are changes, and end no check', async () => {
  for (const value of ['infinity', '-infinity', '0044-03-15 BC', '12026-01-01'])
    for (const column of ['occurred_at', 'created_at'])
      expect(await foundAfter(run(changeRow(5, sql`${sql.ref(column)} = ${sql.lit(value)}`)))).toEqual([
        'changed 5 [entry]',
      ]);
});

test('numbers that no double has are changes, and so is a null of JSON', async () => {
  for (const [column, value, part] of [
    ['metadata', `jsonb_set(metadata, '{big}', '900719925474099.00000001')`, 'what'],
    ['metadata', `jsonb_set(metadata, '{ratio}', '0.1000000000000000000001')`, 'what'],
    ['metadata', `jsonb_set(metadata, '{n}', '1e400')`, 'what'],
    ['metadata', `'null'`, 'what'],
    ['metadata', `'[]'`, 'what'],
    ['extra', `'null'`, 'what'],
  ] as const)
    expect(await foundAfter(run(changeRow(5, sql`${sql.ref(column)} = ${sql.raw(value)}`))), value).toEqual([
      `changed 5 [${part}]`,
    ]);
});

test('a blanked row has no other value in the place of its metadata', async () => {
  for (const value of ['5', '"x"', '[]', 'null']) {
    const job = { log, groups: ['what'], indexes: [5] } as const;
    const fill = async (tx: Tx) => {
      await recordIn(tx, job);
      await sealIn(tx);
      await blankIn(tx, job);
      await changeRow(5, sql`metadata = ${sql.lit(value)}`).execute(tx);
    };
    expect(await foundAfter(fill), value).toEqual(['changed 5 [what]']);
  }
});

test('what is stored of a leaf in another form is a change, and ends no check', async () => {
  const short = sql`'\\x0102'`;
  const without = free(
    'audit_leaves',
    'audit_leaves_hash_check',
    'audit_leaves_groups_check',
    'audit_leaves_salts_check',
  );
  for (const [column, part] of [
    ['hash', 'hash'],
    ['who_hash', 'who_hash'],
    ['who_salt', 'who'],
    ['what_salt', 'what'],
  ] as const)
    for (const index of [5, 260])
      expect(await foundAfter(run(without, changeLeaf(index, sql`${sql.ref(column)} = ${short}`)))).toEqual([
        `changed ${index} [${part}]`,
      ]);
});

test('places and sizes beyond 2^53 are found, and end no check', async () => {
  const far = sql`1152921504606846976`;
  const moved = (set: RawBuilder<unknown>) => run(changeLeaf(269, set));
  expect(await foundAfter(moved(sql`index = ${far}`))).toContain('leaf 269');
  expect(await foundAfter(run(sql`update audit_logs set size = ${far} where tenant_id = ${log}`))).toEqual([
    `log at ${SIZE} [size]`,
  ]);
  expect(await foundAfter(run(sql`update audit_checkpoints set size = ${far} where tenant_id = ${log}`))).toContain(
    `log at ${SIZE} [checked_size]`,
  );
  expect(
    await foundAfter(run(sql`update audit_tiles set tile = ${far} where tenant_id = ${log} and level = 1`)),
  ).toContain('tile tile 1/0');
});

test('a record that nothing has sealed explains nothing for being dated ahead', async () => {
  const job = { log, groups: [], indexes: [5] } as const;
  for (const at of ['2100-01-01', '9999-12-31'])
    expect(
      await foundAfter(async (tx) => {
        await recordIn(tx, job, { created_at: new Date(at) });
        await deleteRowsIn(tx, job);
      }),
    ).toContain('record');
});

test('a record says how many rows it is about, and of which log', async () => {
  const job = { log, groups: [], indexes: [5, 6] } as const;
  const said = (change: (metadata: Record<string, unknown>) => Record<string, unknown>) =>
    foundAfter(async (tx) => {
      await recordIn(tx, job, {}, change);
      await sealIn(tx);
      await deleteRowsIn(tx, job);
    });
  expect(await said((metadata) => metadata)).toEqual([]);
  expect(await said((metadata) => ({ ...metadata, rows: 1 }))).toEqual(['record', 'pruned 5', 'pruned 6']);
  expect(await said(({ log: _, ...metadata }) => metadata)).toEqual(['record', 'pruned 5', 'pruned 6']);
});

test('what sealed records say was erased or pruned does not come back', async () => {
  const restored = (groups: readonly ('who' | 'what')[]) =>
    foundAfter(async (tx) => {
      await recordIn(tx, { log, groups, indexes: [5] });
      await sealIn(tx);
    });
  expect(await restored([])).toEqual(['restored 5 [rows]']);
  expect(await restored(['who'])).toEqual(['restored 5 [who]']);
});

test('a job that lets go of rows is named where its tenant is there', async () => {
  const letGo = run(
    sql`insert into audit_jobs (id, kind, tenant_id, status, finished_at) values (gen_random_uuid(), 'release', ${log}, 'done', now())`,
    changeRow(5, sql`tenant_id = null`),
  );
  expect(await foundAfter(letGo)).toEqual(['changed 5 [tenant_id]']);
  const open = run(
    sql`insert into audit_jobs (id, kind, tenant_id) values (gen_random_uuid(), 'release', ${log})`,
    changeRow(5, sql`tenant_id = null`),
  );
  expect(await foundAfter(open)).toEqual(['notice changed 5 [tenant_id]']);
});

test('a row that waits for its leaf while others are signed is named', async () => {
  const waits = (at: string) => async (tx: Tx) => {
    await appendIn(tx, { tenant_id: log, created_at: new Date(at) });
  };
  for (const at of ['2001-01-01', '2100-01-01']) {
    expect(await foundAfter(waits(at))).toEqual(['waiting']);
    expect(await foundAfter(waits(at), { tenant: log })).toEqual(['waiting']);
    expect(await foundAfter(waits(at), { tenant: other })).toEqual([]);
  }
  expect(await foundAfter((tx) => appendIn(tx, { tenant_id: log }))).toEqual([]);
});

test('a row that waits for a leaf in the log of another tenant', async () => {
  const moved = async (tx: Tx) => {
    const id = await appendIn(tx, { tenant_id: log });
    await sql`update audit_unsealed set tenant_id = ${other} where event_id = ${id}`.execute(tx);
  };
  for (const tenant of [log, other]) expect(await foundAfter(moved, { tenant })).toEqual(['waiting']);
});

test('a checkpoint that went outside is not taken away', async () => {
  const stored = (await checkpointsOf(server, REGISTRY_LOG)).at(-1);
  const anchors = [{ note: stored?.note ?? '', place: 'line 1' }];
  const remove = run(
    sql`delete from audit_checkpoints where tenant_id = ${REGISTRY_LOG}`,
    sql`update audit_logs set checked_size = 0 where tenant_id = ${REGISTRY_LOG}`,
  );
  expect(await foundAfter(remove, { anchors })).toEqual([`checkpoint at ${stored?.size}`]);
});

test('a checkpoint that says of no place in the log of checkpoints that it is there', async () => {
  const [checkpoint] = await checkpointsOf(server, log);
  const cut = async (tx: Tx) => {
    await free('audit_checkpoints', 'audit_checkpoints_registry_check').execute(tx);
    await sql`update audit_checkpoints set registry_index = null where tenant_id = ${log}`.execute(tx);
    await sql`delete from audit_checkpoints where tenant_id = ${REGISTRY_LOG}`.execute(tx);
    await rebuildIn(tx, REGISTRY_LOG, checkpoint?.registry_index ?? 0);
  };
  expect(await foundAfter(cut)).toContain(`checkpoint at ${SIZE}`);
});

test('the platform log has rows of no tenant alone', async () => {
  expect(
    await foundAfter(
      async (tx) => {
        await hidden(tx, null);
      },
      { tenant: auditSealing.PLATFORM_LOG },
    ),
  ).toEqual(['added']);
});

test('what nobody thought of ends the check of one log, and is a finding', async () => {
  const retyped = run(
    free('audit_logs', 'audit_logs_frontier_check'),
    sql`alter table audit_logs alter column frontier type text using encode(frontier, 'hex')`,
  );
  expect(await foundAfter(retyped, { tenant: log })).toEqual(['unreadable', 'unreadable']);
});

test('guards that are off, gone or others are named', async () => {
  const body = (name: string, returns: string, text: string) =>
    sql`create or replace function ${sql.id(name)}() returns ${sql.raw(returns)} language plpgsql as ${sql.lit(text)}`;
  const hides = sql`create policy hides on audit_log as restrictive using (action <> 'x.y')`;
  const cases: readonly [RawBuilder<unknown>, string][] = [
    [sql`alter table audit_log disable trigger audit_log_append_only`, 'audit_log_append_only'],
    [sql`alter table audit_log enable replica trigger audit_log_queue_seal`, 'audit_log_queue_seal'],
    [sql`drop trigger audit_log_no_truncate on audit_log`, 'audit_log_no_truncate'],
    [body('refuse_audit_log_change', 'trigger', 'begin return new; end'), 'refuse_audit_log_change'],
    [sql`alter function queue_audit_seal() set search_path to pg_temp`, 'queue_audit_seal'],
    [sql`create trigger more before insert on audit_leaves for each row execute function set_updated_at()`, 'more'],
    [sql`alter table audit_log disable row level security`, 'audit_log'],
    [sql`alter table audit_leaves no force row level security`, 'audit_leaves'],
    [hides, 'audit_log'],
    [sql`alter policy tenant_isolation on audit_log using (tenant_id is not null)`, 'audit_log'],
    [sql`create table more () inherits (audit_log)`, 'audit_log'],
    [sql`create rule hides as on insert to audit_unsealed do instead nothing`, 'audit_unsealed'],
  ];
  for (const [statement, name] of cases) expect(await foundAfter(run(statement))).toEqual([`guard [${name}]`]);
});

test('rows with large documents are read in parts, and are compared as others', async () => {
  const found = (change: RawBuilder<unknown>) =>
    foundAfter(
      async (tx) => {
        await sql`
          insert into audit_log (id, tenant_id, actor_type, actor_id, action, origin, metadata)
          select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, ${log}, 'user', 'u', 'x.large', 'registry',
            ('{"a":[' || repeat('[],', 10900) || '[]]}')::jsonb
          from generate_series(1, 300) as n`.execute(tx);
        await sql`insert into audit_unsealed select id, tenant_id from audit_log where action = 'x.large'`.execute(tx);
        await sealIn(tx);
        await change.execute(tx);
      },
      { tenant: log },
    );
  expect(await found(sql`select`)).toEqual([]);
  expect(await found(changeRow(SIZE + 299, sql`metadata = '{}'`))).toEqual([`changed ${SIZE + 299} [what]`]);
  expect(await found(changeRow(SIZE + 2, sql`metadata = '{}'`))).toEqual([`changed ${SIZE + 2} [what]`]);
});
