/** Writers that change aggregates as operations do: the row first, then its events, in one transaction. */
import { randomInt, randomUUID } from 'node:crypto';
import { type Db, outbox, type Tx } from '@tenant-registry/db';
import { sql } from 'kysely';
import type { Committed } from './model.ts';

/** Makes the aggregates `a-1` to `a-n`; each has a number that its changes count. */
export async function makeAggregates(db: Db, count: number): Promise<void> {
  await sql`create table aggregates (id text primary key, tenant_id uuid not null, version int not null)`.execute(db);
  await sql`
    insert into aggregates select 'a-' || i, gen_random_uuid(), 0 from generate_series(1, ${count}::int) as i`.execute(
    db,
  );
}

export interface WritersOptions {
  /** One writer for each; a database may be there several times. */
  readonly databases: readonly Db[];
  readonly changes: number;
  readonly aggregates: number;
}

/** Runs the writers until each has asked for so many transactions; resolves to the events of those that were committed. */
export async function runWriters({ databases, changes, aggregates }: WritersOptions): Promise<Committed[]> {
  const committed: Committed[] = [];
  let moment = 0;
  const writer = async (db: Db) => {
    for (let change = 0; change < changes; change++) {
      const asked = ++moment;
      const events = await transaction(db, chosen(aggregates));
      const answered = ++moment;
      committed.push(...events.map((event) => ({ ...event, asked, answered })));
    }
  };
  await Promise.all(databases.map(writer));
  return committed;
}

type Written = Pick<Committed, 'id' | 'aggregate' | 'version'>;

class GivenUp extends Error {}

/** Changes one aggregate, or up to three in one transaction, some twice; a quarter of all transactions are rolled back. */
async function transaction(db: Db, names: readonly string[]): Promise<Written[]> {
  try {
    return await db.transaction().execute(async (tx) => {
      const written: Written[] = [];
      for (const name of names) written.push(await change(tx, name));
      if (randomInt(4) === 0) throw new GivenUp();
      return written;
    });
  } catch (error) {
    if (error instanceof GivenUp) return [];
    throw error;
  }
}

/** Names in a fixed order, so that two transactions never wait for each other. */
function chosen(aggregates: number): string[] {
  const names = Array.from({ length: randomInt(3) === 0 ? 3 : 1 }, () => `a-${randomInt(aggregates) + 1}`);
  return names.sort();
}

async function change(tx: Tx, aggregate: string): Promise<Written> {
  // Some operations lock the row first and update it later, some only update it.
  if (randomInt(2) === 0) await sql`select from aggregates where id = ${aggregate} for update`.execute(tx);
  const { rows } = await sql<{ version: number; tenant_id: string }>`
    update aggregates set version = version + 1 where id = ${aggregate} returning version, tenant_id`.execute(tx);
  const { version = 0, tenant_id = null } = rows[0] ?? {};
  const id = randomUUID();
  await outbox.appendOutboxEvent(tx, {
    id,
    tenant_id,
    aggregate_type: 'aggregate',
    aggregate_id: aggregate,
    event_type: 'aggregate.changed',
    payload: { version },
  });
  return { id, aggregate, version };
}
