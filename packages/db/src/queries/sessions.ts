/** Every statement about browser sessions. The hash of a cookie never leaves this file. */
import { type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../handles.ts';
import { keyset, type PageRequest } from '../keyset.ts';
import type { UserSessions } from '../schema.ts';

const shown = [
  'id',
  'tenant_id',
  'user_id',
  'idp_config_id',
  'source_ip',
  'created_at',
  'last_seen_at',
  'expires_at',
  'revoked_at',
] as const;

export type SessionRow = Pick<Selectable<UserSessions>, (typeof shown)[number]>;

export interface NewSession extends Pick<SessionRow, 'id' | 'tenant_id' | 'user_id' | 'idp_config_id' | 'source_ip'> {
  /** SHA-256 of the cookie. */
  readonly session_hash: Uint8Array;
  readonly created_at: Date;
  readonly expires_at: Date;
}

export function insertSession(tx: Tx, session: NewSession): Promise<SessionRow> {
  return tx
    .insertInto('user_sessions')
    .values({ ...session, last_seen_at: session.created_at })
    .returning(shown)
    .executeTakeFirstOrThrow();
}

/** The sessions that have not ended by `now`, newest first. */
export function listSessions(
  db: Db,
  { tenant_id, user_id, now }: { readonly tenant_id: string; readonly user_id: string; readonly now: Date },
  page: PageRequest,
): Promise<SessionRow[]> {
  return keyset(db.selectFrom('user_sessions').select(shown), ['id'], page)
    .where('tenant_id', '=', tenant_id)
    .where('user_id', '=', user_id)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now.toISOString())
    .execute();
}

/** The sessions that are ended together: all of a user, all that began through a configuration, or one. */
export interface SessionsToEnd {
  readonly tenant_id: string;
  readonly user_id?: string | undefined;
  readonly idp_config_id?: string | undefined;
  readonly id?: string | undefined;
  /** The newest ones that live on. */
  readonly keep?: number;
}

/** Ends those of the sessions that have not ended yet, and returns them. */
export async function claimSessionEnds(
  tx: Tx,
  { tenant_id, user_id, idp_config_id, id, keep = 0 }: SessionsToEnd,
  endedAt: Date,
): Promise<SessionRow[]> {
  const given = Object.entries({ user_id, idp_config_id, id }).filter(([, value]) => value !== undefined);
  if (given.length === 0) throw new Error('the sessions to end are of a user, of a configuration, or one');
  const conditions = given.map(([column, value]) => sql`and ${sql.ref(column)} = ${value}::uuid`);
  const { rows } = await sql<SessionRow>`
    update user_sessions set revoked_at = ${endedAt.toISOString()}::timestamptz
    where id = any(array(
      select id from user_sessions
      where tenant_id = ${tenant_id} and revoked_at is null and expires_at > ${endedAt.toISOString()}::timestamptz
        ${sql.join(conditions, sql` `)}
      order by id desc offset ${keep}
    ))
    returning ${sql.join(shown.map((column) => sql.ref(column)))}`.execute(tx);
  return rows;
}
