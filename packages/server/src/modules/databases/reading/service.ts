/** What callers read of databases. Those of frozen and archived tenants are read too: a deletion there must explain itself. */
import { audit, databases } from '@tenant-registry/db';
import type { ActorContext, Context } from '../../../kernel/context.ts';
import { paginate, paginateLarge } from '../../../kernel/cursors.ts';
import { kernelErrors } from '../../../kernel/errors.ts';
import { reachable, spanOf } from '../../../kernel/reach.ts';
import { getTenant } from '../../tenants/service.ts';
import { namesOf } from '../names.ts';
import {
  type Database,
  type DatabaseConnection,
  type DatabaseEvent,
  type DatabaseTier,
  databaseConnection,
  databaseId,
  type ListDatabaseEvents,
  type ListDatabases,
} from '../schema.ts';
import { shown } from '../shown.ts';
import { requireStep } from '../steps.ts';

/** Rows of a page of events that one statement looks at. */
const PAGE_ROWS = 67;

/** Returns the database. Throws `not_found`. */
export async function getDatabase(ctx: ActorContext, id: string): Promise<Database> {
  return shown(reachable(ctx, await databases.findDatabase(ctx.db, id)));
}

/** One page of the databases that the caller may see, newest first. Throws `invalid_cursor`, `not_found`. */
export async function listDatabases(ctx: ActorContext, input: ListDatabases) {
  const { limit: _, cursor: __, ...asked } = input;
  const filter = { ...asked, ...spanOf(ctx, asked) };
  if (input.tenant_id !== undefined) await getTenant(ctx, input.tenant_id);
  return paginate(ctx.cursors, {
    list: 'databases',
    input,
    keyOf: (row: Database) => [row.id],
    fetch: async (page) => (await databases.listDatabases(ctx.db, filter, page)).map(shown),
  });
}

/**
 * Returns where clients connect and where the credential is. Throws `not_found`, `database_not_ready`, `tenant_archived`, and
 * `unavailable` when its provisioner was taken out of DATABASES_FILE.
 */
export async function getDatabaseConnection(ctx: ActorContext, id: string): Promise<DatabaseConnection> {
  const row = reachable(ctx, await databases.findDatabase(ctx.db, id));
  requireStep(row, 'connect');
  const { host, port, sslmode, provisioner: name } = row;
  const provisioner = ctx.databaseWorld.provisioners.get(name);
  if (provisioner === undefined)
    throw kernelErrors.unavailable({ detail: `DATABASES_FILE has no provisioner ${name}.` });
  return databaseConnection.parse({ host, port, sslmode, secret: provisioner.secretOf(namesOf(row)) });
}

/** One page of what happened to the database, newest first. Throws `invalid_cursor`, `not_found`, `tenant_busy`. */
export async function listDatabaseEvents(ctx: ActorContext, input: ListDatabaseEvents) {
  const { tenant_id } = reachable(ctx, await databases.findDatabase(ctx.db, input.id));
  const filter = { tenant_id, target_id: input.id, action: 'database.*', origin: 'registry' } as const;
  const { items, next_cursor } = await paginateLarge(ctx, {
    list: 'database_events',
    input,
    keyOf: (row: audit.AuditRow) => [row.created_at, row.id],
    fetch: (page) => audit.listAuditEvents(ctx.db, filter, page),
    rowsAtOnce: PAGE_ROWS,
  });
  return { items: items.map(toEvent), next_cursor };
}

/** Returns every tier that can be ordered, in the order of the file. */
export function listDatabaseTiers({ databaseWorld }: ActorContext): { items: DatabaseTier[] } {
  return { items: [...databaseWorld.tiers.values()] };
}

/** Returns the project of the database that the input names, for who acts by a level there; null when it has none. */
export async function projectOfDatabase(
  { db }: Context,
  input: Readonly<Record<string, unknown>>,
): Promise<string | null> {
  const { data: id } = databaseId.shape.id.safeParse(input['id']);
  return id === undefined ? null : ((await databases.findDatabase(db, id))?.project_id ?? null);
}

function toEvent({ id, action, metadata, actor_type, actor_id, occurred_at }: audit.AuditRow): DatabaseEvent {
  const actor = actor_id === null ? null : `${actor_type}:${actor_id}`;
  return {
    id,
    type: action,
    reason: textOf(metadata['reason']),
    message: textOf(metadata['message']),
    actor,
    occurred_at,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
