/** Has PostgreSQL account for the statements that reach it, each where it runs: same connection, role and settings. */
import { withoutScope } from '@tenant-registry/db/testing';
import { CompiledQuery, type DatabaseConnection, PostgresDriver, type QueryResult } from 'kysely';
import { vi } from 'vitest';

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly Node[];
}

/** What one statement costs. */
export interface Account {
  readonly text: string;
  /** The tables that it read from end to end. */
  readonly scanned: readonly string[];
  /** The indexes that it used. */
  readonly indexes: readonly string[];
  /** The rows of tables that one step of it looked at. */
  readonly rows: number;
  /** The blocks of 8 KiB that it touched. */
  readonly blocks: number;
}

export interface Accountant {
  /** Resolves to the accounts of the statements that reach the database while the work runs. */
  during(work: () => Promise<unknown>): Promise<Account[]>;
  stop(): void;
}

/** Listens to every connection that this process takes from then on, until it is stopped. */
export function startAccounting(): Accountant {
  let accounts: Account[] | undefined;
  const heard = new WeakSet<DatabaseConnection>();
  const acquire = PostgresDriver.prototype.acquireConnection;
  const spy = vi.spyOn(PostgresDriver.prototype, 'acquireConnection').mockImplementation(async function (
    this: PostgresDriver,
    ...given
  ) {
    const connection = await acquire.apply(this, given);
    if (!heard.has(connection)) listenTo(connection, () => accounts);
    heard.add(connection);
    return connection;
  });
  return {
    async during(work) {
      const made: Account[] = [];
      accounts = made;
      try {
        await work();
      } finally {
        accounts = undefined;
      }
      return made;
    },
    stop: () => spy.mockRestore(),
  };
}

function listenTo(connection: DatabaseConnection, accounts: () => Account[] | undefined): void {
  const execute = connection.executeQuery.bind(connection);
  connection.executeQuery = async <R>(query: CompiledQuery): Promise<QueryResult<R>> => {
    const made = accounts();
    const statement = withoutScope(query.sql);
    if (made !== undefined && isRead(statement)) {
      const scope = query.sql.slice(0, query.sql.length - statement.length);
      const explain = `${scope}explain (analyze, buffers, timing off, format json) ${statement}`;
      const { rows } = await execute<{ 'QUERY PLAN': [{ Plan: Node }] }>(
        CompiledQuery.raw(explain, [...query.parameters]),
      );
      for (const row of rows) made.push(accountOf(statement, row['QUERY PLAN'][0].Plan));
    }
    return execute<R>(query);
  };
}

/** A prepared statement begins with a comment that names it. */
const isRead = (text: string) =>
  /^\s*(\/\*.*?\*\/\s*)?(select|with)\b/i.test(text) && !/\b(set_config|pg_advisory\w*)\(/i.test(text);

function accountOf(text: string, plan: Node): Account {
  const flat = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(flat)];
  const nodes = flat(plan);
  return {
    text: text.replace(/\s+/g, ' ').trim(),
    scanned: nodes.flatMap((node) => (node['Node Type'] === 'Seq Scan' ? (node['Relation Name'] ?? []) : [])),
    indexes: nodes.flatMap((node) => node['Index Name'] ?? []),
    rows: Math.max(...nodes.filter((node) => node['Node Type'] !== 'Bitmap Index Scan').map(rowsOf)),
    blocks: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
  };
}

/** Rows that the step found, and those that it passed over. What an index alone tells is counted in blocks. */
function rowsOf({ 'Actual Rows': found, 'Actual Loops': loops, 'Rows Removed by Filter': passed = 0 }: Node): number {
  return (found + passed) * loops;
}
