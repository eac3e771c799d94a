/** Every statement about API keys. The hash leaves this file only towards verification. */
import { type Insertable, type RawBuilder, type Selectable, sql } from 'kysely';
import type { DatabaseHandle } from '../database.ts';
import { fixedRow } from '../fixed.ts';
import type { Db, Tx } from '../handles.ts';
import { keyset, type PageRequest } from '../keyset.ts';
import type { ApiKeys, TenantStatus } from '../schema.ts';
import type { TenantRole } from '../types.ts';
import { touchLastSeen } from './last-seen.ts';
import type { PlacedMark } from './replica-leases.ts';

const shown = [
  'id',
  'tenant_id',
  'project_id',
  'name',
  'prefix',
  'scopes',
  'created_at',
  'expires_at',
  'last_used_at',
  'revoked_at',
  'created_by_key_id',
  'user_id',
  'service_identity_id',
] as const;

export type ApiKeyRow = Pick<Selectable<ApiKeys>, (typeof shown)[number]>;

/** The authority of a key: all facts that a verdict needs, and nothing that proves the key. */
export interface ApiKeyAuthority extends Pick<ApiKeyRow, AuthorityColumn> {
  readonly tenant_slug: string;
  readonly tenant_status: TenantStatus;
  /** The owner of the key, with its own roles and those of its groups; null: the tenant owns it. */
  readonly owner: {
    readonly user_id: string | null;
    readonly service_identity_id: string | null;
    readonly roles: readonly TenantRole[];
    /** The project that a service identity is bound to. */
    readonly project_id: string | null;
  } | null;
  /** All entitlements of the tenant, running or not. */
  readonly entitlements: readonly {
    readonly product: string;
    readonly starts_at: string;
    readonly ends_at: string | null;
  }[];
}

type AuthorityColumn = 'id' | 'tenant_id' | 'project_id' | 'name' | 'scopes' | 'expires_at' | 'revoked_at';

/** A stored key that a presented plaintext may belong to. */
export interface ApiKeyCandidate {
  readonly prefix: string;
  /** `tag|salt|hash`, argon2id: the hash of record. */
  readonly hash: string;
  /**
   * HMAC of the plaintext under the pepper that `digest_pepper` names; null for a key that was made without a pepper.
   */
  readonly digest: Uint8Array | null;
  readonly digest_pepper: string | null;
  readonly authority: ApiKeyAuthority;
  /** The marks, not yet acknowledged by their replicas, of changes that this authority may already show. */
  readonly marks: readonly PlacedMark[];
}

export interface ApiKeyFilter {
  readonly tenant_id: string;
  readonly project_id?: string | undefined;
  /** Only those that this key made. */
  readonly created_by_key_id?: string | undefined;
  /** Only those that this user owns. */
  readonly user_id?: string | undefined;
  /** Only those that this service identity owns. */
  readonly service_identity_id?: string | undefined;
  readonly include_revoked: boolean;
}

/**
 * Returns the keys with one of the displayed prefixes, revoked ones too. A prefix has 48 random bits, so it rarely has
 * two keys.
 */
export type FindApiKeyCandidates = (prefixes: readonly string[]) => Promise<ApiKeyCandidate[]>;

/**
 * Prepares the read behind every verification: one round trip on an index gives the whole authority. Timestamps inside
 * the JSON are RFC 3339 with an offset.
 */
export function prepareFindApiKeyCandidates(database: Pick<DatabaseHandle, 'prepare'>): FindApiKeyCandidates {
  type Row = Omit<ApiKeyCandidate, 'authority' | 'marks'> &
    Omit<ApiKeyAuthority, 'entitlements' | 'owner'> & {
      user_id: string | null;
      service_identity_id: string | null;
      owner_roles: TenantRole[] | null;
      owner_project_id: string | null;
      entitlements: ApiKeyAuthority['entitlements'] | null;
      marks: ApiKeyCandidate['marks'] | null;
    };
  const find = database.prepare<Row>({ name: 'find_api_key_candidates', text: CANDIDATES });
  return async (prefixes) => {
    const rows = await find([prefixes]);
    return rows.map(({ prefix, hash, digest, digest_pepper, marks, ...key }) => ({
      prefix,
      hash,
      digest,
      digest_pepper,
      authority: authorityOf(key),
      marks: marks ?? [],
    }));
  };
  function authorityOf({ user_id, service_identity_id, entitlements, ...row }: KeyRow) {
    const { owner_roles: roles, owner_project_id: project_id, ...key } = row;
    const owner = roles === null ? null : { user_id, service_identity_id, roles, project_id };
    // Whatever its row says, a key reaches no further than its owner.
    return { ...key, project_id: key.project_id ?? project_id, owner, entitlements: entitlements ?? [] };
  }
  type KeyRow = Omit<Row, 'prefix' | 'hash' | 'digest' | 'digest_pepper' | 'marks'>;
}

const CANDIDATES = `
  select k.prefix, k.hash, k.digest, k.digest_pepper, k.id, k.tenant_id, k.project_id, k.name, k.scopes,
    k.expires_at, k.revoked_at, k.user_id, k.service_identity_id,
    case when k.user_id is not null or k.service_identity_id is not null then array(
      select unnest(u.roles) from users u where u.id = k.user_id
      union
      select g.tenant_role from groups_of_principal(k.user_id, k.service_identity_id) r
      join groups g on g.id = r.group_id where g.tenant_role is not null
    ) end as owner_roles,
    (select s.project_id from service_identities s where s.id = k.service_identity_id) as owner_project_id,
    t.slug as tenant_slug, t.status as tenant_status,
    (select json_agg(json_build_object('product', p.product, 'starts_at', p.starts_at, 'ends_at', p.ends_at))
      from tenant_products p where p.tenant_id = k.tenant_id) as entitlements,
    (select json_agg(json_build_object('id', m.id, 'replica_id', m.replica_id, 'lease_ms', l.lease_ms))
      from replica_marks m join replica_leases l on l.id = m.replica_id where k.tenant_id = any(m.tenant_ids)) as marks
  from api_keys k join tenants t on t.id = k.tenant_id
  where k.prefix = any($1::text[])`;

export const findApiKey = fixedRow('find_api_key', (db, id: string) =>
  db.selectFrom('api_keys').select(shown).where('id', '=', id),
);

export function lockApiKey(tx: Tx, id: string): Promise<ApiKeyRow | undefined> {
  return tx.selectFrom('api_keys').select(shown).where('id', '=', id).forUpdate().executeTakeFirst();
}

/** Locks the row of a key that makes another one, until the transaction ends: against a revocation, but not against other keys that it makes. */
export function lockApiKeyShared(tx: Tx, id: string): Promise<ApiKeyRow | undefined> {
  return tx.selectFrom('api_keys').select(shown).where('id', '=', id).forKeyShare().executeTakeFirst();
}

export function listApiKeys(db: Db, filter: ApiKeyFilter, page: PageRequest): Promise<ApiKeyRow[]> {
  return keyset(db.selectFrom('api_keys').select(shown), ['id'], page)
    .where('tenant_id', '=', filter.tenant_id)
    .$if(filter.project_id !== undefined, (query) => query.where('project_id', '=', filter.project_id as string))
    .$if(filter.created_by_key_id !== undefined, (query) =>
      query.where('created_by_key_id', '=', filter.created_by_key_id as string),
    )
    .$if(filter.user_id !== undefined, (query) => query.where('user_id', '=', filter.user_id as string))
    .$if(filter.service_identity_id !== undefined, (query) =>
      query.where('service_identity_id', '=', filter.service_identity_id as string),
    )
    .$if(!filter.include_revoked, (query) => query.where('revoked_at', 'is', null))
    .execute();
}

export function insertApiKey(tx: Tx, key: Insertable<ApiKeys>): Promise<ApiKeyRow> {
  return tx.insertInto('api_keys').values(key).returning(shown).executeTakeFirstOrThrow();
}

export function updateApiKey(
  tx: Tx,
  id: string,
  changes: { revoked_at: Date } | { expires_at: Date },
): Promise<ApiKeyRow> {
  return tx.updateTable('api_keys').set(changes).where('id', '=', id).returning(shown).executeTakeFirstOrThrow();
}

/** A key as the maker of others. */
export interface ApiKeyMaker {
  readonly tenant_id: string;
  readonly id: string;
}

export interface MadeApiKeys {
  /** By id; expired ones too. */
  readonly keys: ApiKeyRow[];
  /** False when the limit ended the walk, which goes from the maker outwards. */
  readonly complete: boolean;
}

/**
 * Lists the keys that a key made, those that they made, and so on, up to `limit`, without the revoked ones: one index
 * probe for each key on the way. The walk goes through revoked keys, because a key that was revoked alone may have made
 * others.
 */
export async function listApiKeysMadeBy(db: Db, { tenant_id, id }: ApiKeyMaker, limit: number): Promise<MadeApiKeys> {
  // PostgreSQL walks only as far as the limit asks; a sort inside would make it walk to the end.
  const { rows } = await sql<ApiKeyRow>`
    with recursive made as (
      select id, revoked_at from api_keys where tenant_id = ${tenant_id} and created_by_key_id = ${id}
      union
      select k.id, k.revoked_at
      from made join api_keys as k on k.tenant_id = ${tenant_id} and k.created_by_key_id = made.id
    ), near as materialized (
      select id from made where revoked_at is null limit ${limit + 1}
    )
    select ${sql.join(shown.map((column) => sql.ref(`k.${column}`)))}
    from near join api_keys as k on k.id = near.id
    order by k.id`.execute(db);
  return { keys: rows.slice(0, limit), complete: rows.length <= limit };
}

/**
 * Revokes those of the keys that are not revoked yet, and returns them: each goes to one of several callers. A caller
 * that ends the keys of a maker takes the tenant's lock (`lockTenant`) before it lists them: then no key is being made.
 */
export function claimRevocations(
  tx: Tx,
  { tenant_id, ids }: { readonly tenant_id: string; readonly ids: readonly string[] },
  revokedAt: Date,
): Promise<ApiKeyRow[]> {
  return revoke(tx, sql`tenant_id = ${tenant_id} and id = any(${ids}::uuid[])`, revokedAt);
}

/** The user or the service identity whose keys are meant. */
export interface ApiKeyOwner {
  readonly tenant_id: string;
  readonly user_id?: string | undefined;
  readonly service_identity_id?: string | undefined;
}

/** Revokes every key of the owner that is not revoked yet, and returns them. */
export async function claimOwnedRevocations(
  tx: Tx,
  { tenant_id, user_id, service_identity_id }: ApiKeyOwner,
  revokedAt: Date,
): Promise<ApiKeyRow[]> {
  const [column, owner] =
    user_id === undefined ? (['service_identity_id', service_identity_id] as const) : (['user_id', user_id] as const);
  if (owner === undefined) throw new Error('the keys are of a user or of a service identity');
  return revoke(tx, sql`tenant_id = ${tenant_id} and ${sql.ref(column)} = ${owner}`, revokedAt);
}

async function revoke(tx: Tx, which: RawBuilder<unknown>, revokedAt: Date): Promise<ApiKeyRow[]> {
  // touchApiKeys locks in the order of the ids too.
  const { rows } = await sql<ApiKeyRow>`
    update api_keys set revoked_at = ${revokedAt.toISOString()}::timestamptz
    where id = any(array(select id from api_keys where ${which} and revoked_at is null order by id for update))
    returning ${sql.join(shown.map((column) => sql.ref(column)))}`.execute(tx);
  return rows;
}

/** Moves last_used_at forward for many keys at once, never back. */
export function touchApiKeys(db: Db, lastUsed: ReadonlyMap<string, Date>): Promise<void> {
  return touchLastSeen(db, { table: 'api_keys', column: 'last_used_at' }, lastUsed);
}

/**
 * Replaces the stored proof of a key while its hash is still the one that was proved. It is bookkeeping, as
 * last_used_at is: the key itself does not change.
 */
export async function touchApiKeyProof(
  db: Db,
  { id, hash }: { readonly id: string; readonly hash: string },
  proof: { readonly hash?: string; readonly digest?: Uint8Array; readonly digest_pepper?: string },
): Promise<void> {
  await db.updateTable('api_keys').set(proof).where('id', '=', id).where('hash', '=', hash).execute();
}
