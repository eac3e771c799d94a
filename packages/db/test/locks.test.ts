// engine: postgres
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { openDatabase } from '../src/database.ts';
import type { Tx } from '../src/handles.ts';
import { touchApiKeys } from '../src/queries/api-keys.ts';
import { appendAuditEvent } from '../src/queries/audit.ts';
import { findOrInsertSigningKey } from '../src/queries/signing-keys.ts';
import { lockTenant, lockTenantAlone, lockTenantShared, updateTenant } from '../src/queries/tenants.ts';
import { testDatabase } from '../src/testing.ts';
import { newTenant, refusal } from './support.ts';

// PGlite has one connection, on which no transaction can wait for another.
const database = await testDatabase();
const { db } = database;
const { db: otherDb, close } = await openDatabase({ url: database.url ?? '', connectTimeoutMs: 10_000 });
afterAll(async () => {
  await close();
  await database.close();
});

const lockNotAvailable = { code: '55P03' };

/** Runs the work in a transaction on another connection, where waiting for a lock is an error at once. */
function impatiently<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
  return otherDb.transaction().execute(async (tx) => {
    await sql`set local lock_timeout = '1ms'`.execute(tx);
    return work(tx);
  });
}

/** Resolves when some connection of this database waits for a lock. */
async function untilLockIsAwaited(): Promise<void> {
  for (;;) {
    const { rows } = await sql`
      select from pg_stat_activity
      where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`.execute(otherDb);
    if (rows.length > 0) return;
  }
}

// proves B23
test('a write inside a tenant waits for a change of the tenant, and then sees it', async () => {
  const id = await newTenant(db, { status: 'active' });
  const { frozen, write } = await db.transaction().execute(async (tx) => {
    await lockTenant(tx, id);
    const write = db.transaction().execute((other) => lockTenantShared(other, id));
    await untilLockIsAwaited();
    return { frozen: await updateTenant(tx, id, { status: 'frozen' }), write };
  });
  expect(frozen.status).toBe('frozen');
  expect((await write)?.status).toBe('frozen');
});

test('a change of a tenant waits for the writes inside it', async () => {
  const id = await newTenant(db);
  await db.transaction().execute(async (tx) => {
    await lockTenantShared(tx, id);
    expect(await refusal(impatiently((other) => lockTenant(other, id)))).toMatchObject(lockNotAvailable);
    expect(await refusal(impatiently((other) => updateTenant(other, id, { name: 'New' })))).toMatchObject(
      lockNotAvailable,
    );
  });
  await expect(impatiently((other) => lockTenant(other, id))).resolves.toMatchObject({ id });
});

test('writes inside one tenant do not wait for each other, and readers never wait', async () => {
  const id = await newTenant(db);
  await db.transaction().execute(async (tx) => {
    await lockTenantShared(tx, id);
    await expect(impatiently((other) => lockTenantShared(other, id))).resolves.toMatchObject({ id });
    await lockTenant(tx, id);
    const read = impatiently((other) => other.selectFrom('tenants').select('id').where('id', '=', id).execute());
    expect(await read).toEqual([{ id }]);
  });
});

test('a creation that counts waits for the writes inside its tenant, and rows that only name the tenant do not wait for it', async () => {
  const id = await newTenant(db);
  await db.transaction().execute(async (tx) => {
    await lockTenantShared(tx, id);
    expect(await refusal(impatiently((other) => lockTenantAlone(other, id)))).toMatchObject(lockNotAvailable);
  });
  await db.transaction().execute(async (tx) => {
    await lockTenantAlone(tx, id);
    for (const lock of [lockTenantShared, lockTenantAlone]) {
      expect(await refusal(impatiently((other) => lock(other, id)))).toMatchObject(lockNotAvailable);
    }
    const event = { tenant_id: id, actor_type: 'user', actor_id: 'u', action: 'made.up', metadata: {} } as const;
    const append = impatiently((other) => appendAuditEvent(other, { ...event, origin: 'registry' }));
    await expect(append).resolves.toMatchObject({ tenant_id: id });
  });
});

test('a lock on one tenant is none on another', async () => {
  const [id, other] = [await newTenant(db), await newTenant(db)];
  await db.transaction().execute(async (tx) => {
    await lockTenant(tx, id);
    await expect(impatiently((otherTx) => lockTenant(otherTx, other))).resolves.toMatchObject({ id: other });
  });
});

test('replicas that start at once agree on one signing key', async () => {
  const candidates = Array.from({ length: 8 }, () => new Uint8Array(randomBytes(32)));
  const answers = await Promise.all(candidates.map((candidate) => findOrInsertSigningKey(db, 'test', candidate)));
  expect(new Set(answers.map(String)).size).toBe(1);
  expect(candidates).toContainEqual(answers[0]);
});

test('replicas that note the use of equal keys at once do not deadlock', async () => {
  const tenantId = await newTenant(db);
  const keys = await db
    .insertInto('api_keys')
    .values(Array.from({ length: 500 }, (_, n) => ({ tenant_id: tenantId, name: 'k', prefix: 'bp_x', hash: `h${n}` })))
    .returning('id')
    .execute();
  const used = keys.map(({ id }) => [id, new Date()] as const);
  const [forwards, backwards] = [new Map(used), new Map(used.toReversed())];
  const rounds = Array.from({ length: 20 }, () => [touchApiKeys(db, forwards), touchApiKeys(otherDb, backwards)]);
  await expect(Promise.all(rounds.flat())).resolves.toHaveLength(40);
});
