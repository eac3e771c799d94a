/**
 * Whether what the database has of configurations fits together: values, history, counts, audit log and events. It asks the
 * database alone, so it holds whatever store has the current values, once everything of it is here.
 */
import type { Db } from '@tenant-registry/db';
import { sql } from 'kysely';
import { canonicalOf } from '../../src/modules/configs/canonical.ts';

/** SQL: audit rows of versions, by what they tell of. */
const AUDITED = sql`
  select id, action, project_id, metadata->>'project_id' as told_project, metadata->>'key' as key,
    (metadata->>'version')::bigint as version, (metadata->>'previous_version')::bigint as previous_version,
    metadata->>'content_sha256' as content_sha256, description
  from audit_log
  where action in ('config.created', 'config.updated', 'config.rolled_back', 'config.deleted')`;

/** SQL: events that wait for their place in the log, and those that have it. */
const EVENTS = sql`
  select id, event_type, payload->>'project_id' as project_id, payload->>'key' as key, (payload->>'version')::bigint as version
  from (select id, event_type, payload from outbox_events union all select id, event_type, payload from events) as e
  where event_type in ('config.created', 'config.updated', 'config.rolled_back', 'config.deleted')`;

/** SQL: the newest revision of each key. */
const NEWEST = sql`
  select distinct on (project_id, config_key) * from config_revisions order by project_id, config_key, version desc`;

const ACTIONS = sql`(values ('create', 'config.created'), ('update', 'config.updated'),
  ('rollback', 'config.rolled_back'), ('delete', 'config.deleted')) as named (operation, action)`;

/** Returns a sentence for each thing that does not fit, with how often; empty is the goal. */
export async function configContradictions(db: Db): Promise<string[]> {
  const checks: Readonly<Record<string, ReturnType<typeof sql<{ n: number }>>>> = {
    'keys whose versions are not 1 to n': sql`
      select count(*) as n from (
        select from config_revisions group by project_id, config_key
        having min(version) <> 1 or max(version) <> count(*) or count(distinct version) <> count(*)) as wrong`,
    'keys whose revisions do not grow with their versions': sql`
      select count(*) as n from (
        select revision, lag(revision) over (partition by project_id, config_key order by version) as before
        from config_revisions) as r where revision <= before`,
    'values that are not the newest version of their key': sql`
      select count(*) as n from configs c where not exists (
        select from (${NEWEST}) as r where r.project_id = c.project_id and r.config_key = c.key
          and r.version = c.version and r.revision = c.revision and r.write_id = c.write_id
          and r.content is not distinct from c.content and r.content_sha256 is not distinct from c.content_sha256
          and (r.operation = 'delete') = (c.deleted_at is not null))`,
    'versions without a key': sql`
      select count(*) as n from config_revisions r where not exists (
        select from configs c where c.project_id = r.project_id and c.key = r.config_key)`,
    'versions that do not have exactly one audit row': sql`
      select count(*) as n from config_revisions r join ${ACTIONS} using (operation) where 1 <> (
        select count(*) from (${AUDITED}) as a
        where a.told_project = r.project_id::text and a.key = r.config_key and a.version = r.version
          and a.action = named.action and a.previous_version = r.version - 1
          and a.content_sha256 is not distinct from r.content_sha256 and a.description is not distinct from r.reason)`,
    'audit rows without their version': sql`
      select count(*) as n from (${AUDITED}) as a where not exists (
        select from config_revisions r
        where r.project_id::text = a.told_project and r.config_key = a.key and r.version = a.version)`,
    'versions that do not have exactly one event': sql`
      select count(*) as n from config_revisions r join ${ACTIONS} using (operation) where 1 <> (
        select count(*) from (${EVENTS}) as e
        where e.project_id = r.project_id::text and e.key = r.config_key and e.version = r.version
          and e.event_type = named.action)`,
    'events without their version': sql`
      select count(*) as n from (${EVENTS}) as e where not exists (
        select from config_revisions r
        where r.project_id::text = e.project_id and r.config_key = e.key and r.version = e.version)`,
    'events without the audit row of their id': sql`
      select count(*) as n from (${EVENTS}) as e where not exists (
        select from (${AUDITED}) as a where a.id = e.id and a.key = e.key and a.version = e.version)`,
    'gaps in the history that were told': sql`
      select count(*) as n from audit_log where action = 'config.history_gap'`,
    'heads that are not at the newest revision of their project': sql`
      select count(*) as n from config_heads h
      where h.revision <> (select max(revision) from config_revisions r where r.project_id = h.project_id)`,
    'heads that count other keys than there are': sql`
      select count(*) as n from config_heads h
      where h.keys <> (select count(*) from configs c where c.project_id = h.project_id)`,
    'projects with keys and without a head': sql`
      select count(distinct project_id) as n from configs c where not exists (
        select from config_heads h where h.project_id = c.project_id)`,
    'versions of an import that stands at two revisions, or in part': sql`
      select count(*) as n from (
        select from config_revisions where operation in ('create', 'update') and content ? 'together'
        group by content->>'name'
        having count(distinct revision) <> 1 or count(*) <> max((content->>'together')::int)) as wrong`,
  };
  const found: string[] = [];
  for (const [what, query] of Object.entries(checks)) {
    const { rows } = await query.execute(db);
    const count = rows[0]?.n ?? 0;
    if (count > 0) found.push(`${count} ${what}`);
  }
  return [...found, ...(await wrongBytes(db)), ...(await wrongHashes(db))];
}

async function wrongBytes(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('configs').select(['project_id', 'content', 'deleted_at']).execute();
  const bytes = new Map<string, number>();
  for (const { project_id, content, deleted_at } of rows)
    bytes.set(project_id, (bytes.get(project_id) ?? 0) + (deleted_at === null ? canonicalOf(content).bytes : 0));
  const heads = await db.selectFrom('config_heads').select(['project_id', 'bytes']).execute();
  const wrong = heads.filter((head) => head.bytes !== (bytes.get(head.project_id) ?? 0));
  return wrong.map((head) => `a head counts ${head.bytes} bytes, and there are ${bytes.get(head.project_id) ?? 0}`);
}

async function wrongHashes(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('config_revisions').select(['operation', 'content', 'content_sha256']).execute();
  const wrong = rows.filter(
    ({ operation, content, content_sha256 }) =>
      content_sha256 !== (operation === 'delete' ? null : canonicalOf(content).sha256),
  ).length;
  return wrong === 0 ? [] : [`${wrong} versions have a hash that is not that of their content`];
}

/** A version that a client was told is made. */
export interface Acknowledged {
  readonly project: string;
  readonly key: string;
  readonly version: number;
  /** The reason of the write, unlike that of any other. */
  readonly name: string;
}

/** Returns how many versions that were answered are not there, or are of another write. */
export async function acknowledgedUnlike(db: Db, acknowledged: readonly Acknowledged[]): Promise<string[]> {
  const rows = await db
    .selectFrom('config_revisions')
    .select(['project_id', 'config_key', 'version', 'reason'])
    .execute();
  const names = new Map(rows.map((row) => [`${row.project_id} ${row.config_key} ${row.version}`, row.reason]));
  const there = acknowledged.map(({ project, key, version, name }) => ({
    name,
    found: names.get(`${project} ${key} ${version}`),
  }));
  const [lost, other] = [
    there.filter(({ found }) => found === undefined).length,
    there.filter(({ found, name }) => found !== undefined && found !== name).length,
  ];
  return [
    ...(lost === 0 ? [] : [`${lost} versions were answered and are not there`]),
    ...(other === 0 ? [] : [`${other} versions are of another write than was answered`]),
  ];
}
