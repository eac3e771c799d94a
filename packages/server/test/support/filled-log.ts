/** Events in the log without changes that made them. */
import type { Db } from '@tenant-registry/db';
import { sql } from 'kysely';

export interface Filling {
  readonly tenant_id: string | null;
  readonly count: number;
  /** Characters of the payload of each. */
  readonly length?: number;
  readonly type?: string;
}

/** Appends events to the log in one statement, numbered by `n` in their payload. */
export async function fillLog(
  db: Db,
  { tenant_id, count, length = 10, type = 'tenant.updated' }: Filling,
): Promise<void> {
  await sql`
    with head as (
      update event_head set position = position + ${count}::int returning position - ${count}::int as position
    )
    insert into events (position, id, tenant_id, aggregate_type, aggregate_id, event_type, payload, occurred_at)
    select head.position + n, gen_random_uuid(), ${tenant_id}::uuid, 'tenant', n::text, ${type},
      jsonb_build_object('n', n, 'text', repeat('x', ${length}::int)), now()
    from head, generate_series(1, ${count}::int) as n`.execute(db);
}
