/** The audit log: rows are appended and read, never changed. */
import { type Insertable, type RawBuilder, type Selectable, type SqlBool, sql } from 'kysely';
import { fixedRow } from '../fixed.ts';
import type { Db } from '../handles.ts';
import { type BytesRequest, keyset, type RowsWithin, rowsFound, rowsWithin, type Sorter } from '../keyset.ts';
import { type AuditLog, columns } from '../schema.ts';
import { json } from '../types.ts';

export type AuditRow = Selectable<AuditLog>;

export type NewAuditEvent = Omit<Insertable<AuditLog>, 'metadata' | 'extra' | 'tenant_slug' | keyof AuditOrigin> & {
  metadata: Record<string, unknown>;
  extra?: Record<string, unknown> | null;
} & AuditOrigin;

/**
 * Names the voucher of a row: the registry for its own acts, or the credential that reported it. Rows from before the
 * registry kept origins are `reported` by null. There is no default: a writer that forgot the origin would vouch for a
 * report.
 */
export type AuditOrigin =
  | { readonly origin: 'registry'; readonly reported_by?: null }
  | { readonly origin: 'reported'; readonly reported_by: string };

export interface AuditFilter {
  readonly tenant_id?: string | undefined;
  /** Of tenants that had this slug and are gone. */
  readonly deleted_tenant_slug?: string | undefined;
  readonly project_id?: string | undefined;
  readonly product?: string | undefined;
  readonly actor_id?: string | undefined;
  /** A whole action, or the beginning of actions, with `.*` at its end. */
  readonly action?: string | undefined;
  readonly target_id?: string | undefined;
  readonly origin?: AuditOrigin['origin'] | undefined;
  /**
   * In the action, the names or the description, in any case. No index finds it: it goes with a tenant, and a page looks at so
   * many rows of that and no further.
   */
  readonly q?: string | undefined;
  /** From this moment on, by the registry's clock. */
  readonly since?: string | undefined;
  /** Before this moment, by the registry's clock. */
  readonly until?: string | undefined;
}

export const findAuditEvent = fixedRow('find_audit_event', (db, id: string) =>
  db.selectFrom('audit_log').select(columns.audit_log).where('id', '=', id),
);

/**
 * Lists newest first. Each filter has an index that ends in the order of the page. The list without a filter sorts by
 * an expression that only its own index has: by the plain columns, the planner would also take that index for a filter
 * and pass over the rows that do not match, which are nearly all for a tenant that left long ago (a third of a second
 * for a million rows).
 */
export function listAuditEvents(db: Db, filter: AuditFilter, page: BytesRequest): Promise<RowsWithin<AuditRow>> {
  const { action, origin, since, until, deleted_tenant_slug: slug, q } = filter;
  const equal = equalities.filter((column) => filter[column] !== undefined);
  const time =
    equal.length === 0 && action === undefined && slug === undefined && q === undefined
      ? newest
      : { ...newest, of: asTime };
  const created = time.of(sql.ref(time.column));
  let query = db.selectFrom('audit_log').selectAll();
  for (const column of equal) query = query.where(column, '=', filter[column] as string);
  if (slug !== undefined) query = query.where('tenant_id', 'is', null).where('tenant_slug', '=', slug);
  if (action !== undefined) query = query.where(actionMatches(action));
  if (origin !== undefined) query = query.where('origin', '=', origin);
  if (since !== undefined) query = query.where(sql<SqlBool>`${created} >= ${time.of(sql`${since}`)}`);
  if (until !== undefined) query = query.where(sql<SqlBool>`${created} < ${time.of(sql`${until}`)}`);
  if (q !== undefined)
    return rowsFound(db, query, ['created_at', 'id'], { ...page, ...size, holds: says(q), looksMax: LOOKS_MAX });
  return rowsWithin(db, keyset(query, [time, 'id'], page), { ...page, ...size });
}

/** The short columns of a row take less than the constant. */
const size = {
  order: sql`created_at desc, id desc`,
  bytes: sql`octet_length(metadata::text) + coalesce(octet_length(description), 0) + coalesce(octet_length(extra::text), 0) + 500`,
};

/** Rows that a page of a search looks at: some ten milliseconds. */
const LOOKS_MAX = 10_000;

/** The text has no wildcards. */
function says(text: string) {
  const columns = ['action', 'actor_name', 'target_name', 'description'];
  const found = columns.map((column) => sql`coalesce(strpos(lower(${sql.ref(column)}), lower(${text}::text)), 0) > 0`);
  return sql<SqlBool>`(${sql.join(found, sql` or `)})`;
}

const equalities = ['tenant_id', 'project_id', 'product', 'actor_id', 'target_id'] as const;

const asTime = (value: RawBuilder<unknown>) => sql`${value}::timestamptz`;

/** Sorts as the time itself does: UTC has no summer time. */
const newest: Sorter = { column: 'created_at', of: (value) => sql`(${asTime(value)} at time zone 'UTC')` };

/** The first part of an action has an index; starts_with knows no wildcards, so nothing has to be escaped. */
function actionMatches(action: string) {
  if (!action.endsWith('.*')) return sql<SqlBool>`action = ${action}`;
  const prefix = action.slice(0, -1);
  return sql<SqlBool>`split_part(action, '.', 1) = ${prefix.split('.')[0]} and starts_with(action, ${prefix})`;
}

/** Appends one row and returns it. The tenant's slug is copied from the tenant as it is at this moment. */
export function appendAuditEvent(db: Db, { metadata, extra, ...event }: NewAuditEvent): Promise<AuditRow> {
  const tenantSlug = sql<string | null>`(select slug from tenants where id = ${event.tenant_id ?? null}::uuid)`;
  return db
    .insertInto('audit_log')
    .values({
      ...event,
      metadata: json(metadata),
      extra: extra === undefined || extra === null ? null : json(extra),
      tenant_slug: tenantSlug,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/**
 * Appends many rows in one statement: all or none. They travel as one JSON text, which both sides read and write faster
 * than one parameter for each value.
 */
export async function appendAuditEvents(db: Db, rows: readonly NewAuditEvent[]): Promise<void> {
  await sql`
    insert into audit_log (
      id, tenant_id, tenant_slug, product, project_id, actor_type, actor_id, actor_name, action,
      target_type, target_id, target_name, description, metadata, source_ip, request_id, is_failure,
      occurred_at, created_at, origin, reported_by, crud, external_id, extra
    )
    select
      e.id, e.tenant_id, t.slug, e.product, e.project_id, e.actor_type, e.actor_id, e.actor_name, e.action,
      e.target_type, e.target_id, e.target_name, e.description, e.metadata, e.source_ip, e.request_id, e.is_failure,
      e.occurred_at, e.created_at, e.origin, e.reported_by, e.crud, e.external_id, nullif(e.extra, 'null')
    from json_to_recordset(${JSON.stringify(rows)}::json) as e (
      id uuid, tenant_id uuid, product text, project_id uuid, actor_type text, actor_id text, actor_name text,
      action text, target_type text, target_id text, target_name text, description text, metadata jsonb,
      source_ip inet, request_id text, is_failure boolean, occurred_at timestamptz, created_at timestamptz,
      origin text, reported_by text, crud text, external_id text, extra jsonb
    )
    left join tenants as t on t.id = e.tenant_id`.execute(db);
}
