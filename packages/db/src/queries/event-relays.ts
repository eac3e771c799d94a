/** Every statement about relays: which process runs one, how far it has come, and what the log still has for it. */
import { sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';

/** How far a relay has come. */
export interface RelayPlace {
  /** The last position that is dealt with; 0: none. */
  readonly position: number;
  /** The last event that was stored at the other end; null: none is known. */
  readonly event_id: string | null;
}

export interface RelayLease {
  /** Of the relay. */
  readonly name: string;
  /** Of the process that runs it. */
  readonly lease_id: string;
  readonly lease_ms: number;
}

/** Takes the lease, when it is free, over, or the caller's already, and returns the place; undefined while another has it. */
export async function claimEventRelay(
  tx: Tx,
  { name, lease_id, lease_ms }: RelayLease,
): Promise<RelayPlace | undefined> {
  const { rows } = await sql<RelayPlace>`
    insert into event_relays (name, position, lease_id, lease_until)
    values (${name}, 0, ${lease_id}, now() + make_interval(secs => ${lease_ms}::float8 / 1000))
    on conflict (name) do update set lease_id = excluded.lease_id, lease_until = excluded.lease_until
    where event_relays.lease_until is null or event_relays.lease_until < now() or event_relays.lease_id = excluded.lease_id
    returning position, event_id`.execute(tx);
  return rows[0];
}

/** Saves the place and renews the lease; false when another process has taken it, and then nothing is saved. */
export async function updateEventRelay(
  tx: Tx,
  { name, lease_id, lease_ms }: RelayLease,
  { position, event_id }: RelayPlace,
): Promise<boolean> {
  const { rows } = await sql`
    update event_relays set position = ${position}, event_id = ${event_id},
      lease_until = now() + make_interval(secs => ${lease_ms}::float8 / 1000)
    where name = ${name} and lease_id = ${lease_id}
    returning name`.execute(tx);
  return rows.length > 0;
}

/** Gives the lease back; false when another process has taken it meanwhile. */
export async function updateEventRelayFreed(
  tx: Tx,
  { name, lease_id }: Omit<RelayLease, 'lease_ms'>,
): Promise<boolean> {
  const { rows } = await sql`
    update event_relays set lease_id = null, lease_until = null
    where name = ${name} and lease_id = ${lease_id}
    returning name`.execute(tx);
  return rows.length > 0;
}

/** What a relay has before it. */
export interface RelayedLog {
  /** The saved position of the relay; 0 when it never ran. */
  readonly position: number;
  /** The position of the last event that there ever was. */
  readonly head: number;
  /** The position of the oldest event that is kept; null: none is kept. */
  readonly oldest: number | null;
}

/** Returns both ends of the log, and the saved position, as of one moment. */
export async function findRelayedLog(db: Db, name: string): Promise<RelayedLog> {
  const { rows } = await sql<RelayedLog>`
    select coalesce((select position from event_relays where name = ${name}), 0)::bigint as position,
      (select position from event_head where id = 1) as head,
      (select min(position) from events) as oldest`.execute(db);
  const [found] = rows;
  if (found === undefined) throw new Error('a select without a from gives one row');
  return found;
}

/** Returns the position of the event in the log; undefined when it was deleted, or never was there. */
export async function findRelayedPosition(db: Db, eventId: string): Promise<number | undefined> {
  const found = await db.selectFrom('events').select('position').where('id', '=', eventId).executeTakeFirst();
  return found?.position;
}
