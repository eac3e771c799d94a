/** Whether the connected user sees all rows. A restored database may have an owner whom its policies do not name. */
import { type QueryExecutorProvider, sql } from 'kysely';

/** Resolves to the tables of which row-level security may hide rows from the connected user. */
export async function listHiddenTables(db: QueryExecutorProvider): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_class c
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and row_security_active(c.oid)
      and not exists (
        select from pg_policy p cross join unnest(p.polroles) as role
        where p.polrelid = c.oid and p.polpermissive and p.polcmd in ('*', 'r')
          and pg_get_expr(p.polqual, p.polrelid) = 'true' and (role = 0 or pg_has_role(role, 'usage')))
    order by 1`.execute(db);
  return rows.map(({ name }) => name);
}

/**
 * Throws unless the connected user sees every row of every table: what works on the rest would call a part the whole, and
 * find nothing missing.
 */
export async function requireAllRows(db: QueryExecutorProvider): Promise<void> {
  const [hidden, ...more] = await listHiddenTables(db);
  if (hidden === undefined) return;
  throw new Error(
    `row-level security hides rows of ${hidden} from the user of the database${more.length > 0 ? `, and of ${more.length} more tables` : ''}: ` +
      'connect as the one who ran the migrations, or alter the policies named platform (docs/operations.md)',
  );
}
