/** What the tests of erasure share: workers run to their ends, and the log as the database has it. */
import { sql } from 'kysely';
import { entryOf } from '../../src/modules/audit/tree/leaf.ts';
import { leafHash } from '../../src/modules/audit/tree/merkle.ts';
import { madeIn, runWorker, type TestServer } from './server.ts';

/** Runs the worker until it finds nothing to do. */
export async function runToEnd(server: TestServer, name: 'audit-redact' | 'audit-prune'): Promise<void> {
  while ((await runWorker(server, name)) > 0);
}

/** Asks for a redaction in a log, and returns its answer. */
export async function askToRedact(server: TestServer, tenant_id: string, fields: Record<string, unknown>) {
  return server.call('POST /v1/audit/redactions', {
    body: { tenant_id, groups: ['who', 'what'], reason: 'Request 7.', ...fields },
  });
}

/** Reports an event of a product, of an actor, and returns it. */
export function report(server: TestServer, tenant_id: string, fields: Record<string, unknown> = {}) {
  return madeIn(server, tenant_id, 'audit', { action: 'report.opened', actor: { type: 'user', id: 'u1' }, ...fields });
}

/** The names of the tables that have the text anywhere, in any column. */
export async function tablesWith({ app: { deps } }: TestServer, text: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public' order by 1`.execute(deps.db);
  const found: string[] = [];
  for (const { name } of rows) {
    const hits = await sql`select from ${sql.table(name)} as r where strpos(r::text, ${text}) > 0 limit 1`.execute(
      deps.db,
    );
    if (hits.rows.length > 0) found.push(name);
  }
  return found;
}

/** The leaves of a log with their rows, and which of them the row and the kept hashes still give. */
export async function leavesOf({ app: { deps } }: TestServer, log: string) {
  const leaves = await deps.db
    .selectFrom('audit_leaves')
    .selectAll()
    .where('tenant_id', '=', log)
    .orderBy('index')
    .execute();
  const rows = await deps.db
    .selectFrom('audit_log')
    .selectAll()
    .where('id', 'in', [log, ...leaves.map(({ event_id }) => event_id ?? log)])
    .execute();
  const hex = (bytes: Uint8Array | null) => Buffer.from(bytes ?? []).toString('hex');
  return leaves.map((leaf) => {
    const row = rows.find(({ id }) => id === leaf.event_id);
    const kept = { log, who: hex(leaf.who_hash), what: hex(leaf.what_hash) };
    // The compiler reads jsonb as any object.
    const text = row === undefined ? undefined : entryOf(row as Parameters<typeof entryOf>[0], kept);
    return { ...leaf, row, proves: text !== undefined && leafHash(text).equals(leaf.hash) };
  });
}
