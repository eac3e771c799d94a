/** Every statement about browser sessions. The hash of a cookie never leaves this file. */
import { type Selectable, sql } from 'kysely';
import type { DatabaseHandle } from '../database.ts';
import { fixedRow } from '../fixed.ts';
import type { Db, Tx } from '../handles.ts';
import { keyset, type PageRequest } from '../keyset.ts';
import type { TenantStatus, UserSessions } from '../schema.ts';
import type { TenantRole } from '../types.ts';
import { touchLastSeen } from './last-seen.ts';
import { OPEN_MARKS, USER_ROLES } from './principals.ts';
import type { PlacedMark } from './replica-leases.ts';

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

/** The authority of a session: whom it stands for, and all that decides whether it still does. */
export interface SessionAuthority
  extends Pick<SessionRow, 'id' | 'tenant_id' | 'last_seen_at' | 'expires_at' | 'revoked_at'> {
  readonly tenant_status: TenantStatus;
  readonly user_id: string;
  readonly external_subject: string;
  readonly display_name: string;
  readonly disabled_at: string | null;
  /** The user's own, and those of the groups that the user is in. */
  readonly roles: readonly TenantRole[];
}

export interface FoundSession {
  readonly authority: SessionAuthority;
  readonly marks: readonly PlacedMark[];
}

const AUTHORITY = `
  select s.id, s.tenant_id, s.last_seen_at, s.expires_at, s.revoked_at, t.status as tenant_status, u.id as user_id,
    u.external_subject, u.display_name, u.disabled_at, ${USER_ROLES} as roles, ${OPEN_MARKS} as marks
  from user_sessions s join tenants t on t.id = s.tenant_id join users u on u.id = s.user_id
  where s.session_hash = $1`;

/** Prepares the read behind every request with a cookie. It gives undefined when no session has the hash. */
export function prepareFindSession(database: Pick<DatabaseHandle, 'prepare'>) {
  const find = database.prepare<SessionAuthority & { marks: PlacedMark[] | null }>({
    name: 'find_session',
    text: AUTHORITY,
  });
  return async (hash: Uint8Array): Promise<FoundSession | undefined> => {
    const [row] = await find([hash]);
    if (row === undefined) return undefined;
    const { marks, ...authority } = row;
    return { authority, marks: marks ?? [] };
  };
}

export const findSession = fixedRow('find_session', (db, id: string) =>
  db.selectFrom('user_sessions').select(shown).where('id', '=', id),
);

export function lockSession(tx: Tx, id: string): Promise<SessionRow | undefined> {
  return tx.selectFrom('user_sessions').select(shown).where('id', '=', id).forUpdate().executeTakeFirst();
}

export interface SessionFilter {
  readonly tenant_id: string;
  readonly user_id: string;
  readonly now: Date;
  /** Only those that were seen after this moment: the others have ended unused. */
  readonly seenAfter?: Date;
}

/** The sessions that have not ended by `now`, newest first. */
export function listSessions(
  db: Db,
  { tenant_id, user_id, now, seenAfter }: SessionFilter,
  page: PageRequest,
): Promise<SessionRow[]> {
  return keyset(db.selectFrom('user_sessions').select(shown), ['id'], page)
    .where('tenant_id', '=', tenant_id)
    .where('user_id', '=', user_id)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now.toISOString())
    .$if(seenAfter !== undefined, (query) => query.where('last_seen_at', '>', (seenAfter as Date).toISOString()))
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
  // touchSessions locks in the order of the ids too.
  const { rows } = await sql<SessionRow>`
    update user_sessions set revoked_at = ${endedAt.toISOString()}::timestamptz
    where id = any(array(
      select id from user_sessions
      where revoked_at is null and id = any(array(
        select id from user_sessions
        where tenant_id = ${tenant_id} and revoked_at is null and expires_at > ${endedAt.toISOString()}::timestamptz
          ${sql.join(conditions, sql` `)}
        order by id desc offset ${keep}
      ))
      order by id for update
    ))
    returning ${sql.join(shown.map((column) => sql.ref(column)))}`.execute(tx);
  return rows;
}

/** Moves last_seen_at forward for many sessions at once, never back. */
export function touchSessions(db: Db, lastSeen: ReadonlyMap<string, Date>): Promise<void> {
  return touchLastSeen(db, { table: 'user_sessions', column: 'last_seen_at' }, lastSeen);
}

/** Deletes up to `limit` sessions that could not be used after the time, and returns how many. Rows that another replica is deleting are passed over. */
export async function deleteOldSessions(db: Db, before: Date, limit: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from user_sessions where id in (
      select id from user_sessions where expires_at < ${before.toISOString()}::timestamptz
      order by expires_at limit ${limit} for update skip locked)`.execute(db);
  return Number(numAffectedRows);
}
