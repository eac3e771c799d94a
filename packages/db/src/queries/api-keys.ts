/** Every statement about API keys. The hash leaves this file only towards verification. */
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Db, Tx } from '../database.ts';
import { keyset, type PageRequest } from '../keyset.ts';
import type { ApiKeys, TenantStatus } from '../schema.ts';

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
] as const;

export type ApiKeyRow = Pick<Selectable<ApiKeys>, (typeof shown)[number]>;

/** A key with the current state of its tenant: all that a verdict needs. */
export interface ApiKeyAuthority extends ApiKeyRow {
  readonly hash: string;
  readonly tenant_slug: string;
  readonly tenant_status: TenantStatus;
  /** Whether the tenant may use the product asked for; true when none was. */
  readonly entitled: boolean;
}

export interface ApiKeyFilter {
  readonly tenant_id: string;
  readonly project_id?: string | undefined;
  readonly include_revoked: boolean;
}

export interface ApiKeyQuestion {
  readonly prefix: string;
  /** A product that the tenant must be entitled to at `now`. */
  readonly product: string | undefined;
  readonly now: Date;
}

/**
 * The keys that share a displayed prefix, revoked ones too; 48 random bits make more than one a rarity, and the limit
 * bounds the hashing that a chosen prefix can cause. One indexed read with all that a verdict needs.
 */
export function findApiKeysByPrefix(db: Db, { prefix, product, now }: ApiKeyQuestion): Promise<ApiKeyAuthority[]> {
  return db
    .selectFrom('api_keys as k')
    .innerJoin('tenants as t', 't.id', 'k.tenant_id')
    .select(shown.map((column) => `k.${column}` as const))
    .select(['k.hash', 't.slug as tenant_slug', 't.status as tenant_status'])
    .select((eb) =>
      product === undefined
        ? eb.val(true).as('entitled')
        : eb
            .exists(
              eb
                .selectFrom('tenant_products as p')
                .select('p.product')
                .whereRef('p.tenant_id', '=', 'k.tenant_id')
                .where('p.product', '=', product)
                .where('p.starts_at', '<=', now.toISOString())
                .where((end) => end.or([end('p.ends_at', 'is', null), end('p.ends_at', '>', now.toISOString())])),
            )
            .$castTo<boolean>()
            .as('entitled'),
    )
    .where('k.prefix', '=', prefix)
    .limit(4)
    .execute();
}

export function findApiKey(db: Db, id: string): Promise<ApiKeyRow | undefined> {
  return db.selectFrom('api_keys').select(shown).where('id', '=', id).executeTakeFirst();
}

export function lockApiKey(tx: Tx, id: string): Promise<ApiKeyRow | undefined> {
  return tx.selectFrom('api_keys').select(shown).where('id', '=', id).forUpdate().executeTakeFirst();
}

export function listApiKeys(db: Db, filter: ApiKeyFilter, page: PageRequest): Promise<ApiKeyRow[]> {
  return keyset(db.selectFrom('api_keys').select(shown), ['id'], page)
    .where('tenant_id', '=', filter.tenant_id)
    .$if(filter.project_id !== undefined, (query) => query.where('project_id', '=', filter.project_id as string))
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

/**
 * Moves last_used_at forward for many keys at once, never back. Bookkeeping, not a change of state: no event tells of
 * it. The rows are locked in the order of their ids, because every replica sees the busy keys: in any order of their
 * own, two would wait for each other.
 */
export async function touchApiKeys(db: Db, lastUsed: ReadonlyMap<string, Date>): Promise<void> {
  const times = [...lastUsed.values()].map((time) => time.toISOString());
  await sql`
    update api_keys set last_used_at = greatest(last_used_at, used.at)
    from (
      select k.id, seen.at
      from unnest(${[...lastUsed.keys()]}::uuid[], ${times}::timestamptz[]) as seen (id, at)
      join api_keys as k on k.id = seen.id
      order by k.id for no key update of k
    ) as used
    where api_keys.id = used.id`.execute(db);
}
