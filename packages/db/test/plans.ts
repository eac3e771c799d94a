/** Reads the account of the planner on the statement that a query function runs. */
import { type KyselyPlugin, type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../src/handles.ts';

export interface Plan {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  /** Zero: this part of the plan was not run. */
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** Resolves to all nodes of the plan for the one statement that `ask` runs on the handle it is given. */
export async function plansOf(db: Db, ask: (db: Db) => Promise<unknown>): Promise<Plan[]> {
  // A query inside of the statement is heard of too; only the statement has a result.
  const asked = new Map<string, RawBuilder<unknown>>();
  let answered: string | undefined;
  const listening: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      const { sql: text, parameters } = db.getExecutor().compileQuery(node, queryId);
      const pieces = text.split(/\$\d+/).map((piece) => sql.raw(piece));
      asked.set(
        queryId.queryId,
        sql.join(
          pieces.flatMap((piece, index) => (index === 0 ? [piece] : [sql`${parameters[index - 1]}`, piece])),
          sql``,
        ),
      );
      return node;
    },
    transformResult: async ({ result, queryId }) => {
      answered ??= queryId.queryId;
      return result;
    },
  };
  await ask(db.withPlugin(listening));
  const { rows } = await sql<{
    'QUERY PLAN': [{ Plan: Plan }];
  }>`explain (analyze, format json) ${asked.get(answered ?? '')}`.execute(db);
  const flat = (node: Plan): Plan[] => [node, ...(node.Plans ?? []).flatMap(flat)];
  return rows.flatMap((row) => flat(row['QUERY PLAN'][0].Plan));
}

/** Resolves to the nodes of the plan for the one statement that the work runs in a transaction, which is rolled back. */
export async function plansRolledBack(db: Db, work: (tx: Tx) => Promise<unknown>): Promise<Plan[]> {
  const tx = await db.startTransaction().execute();
  try {
    await sql`savepoint before`.execute(tx);
    return await plansOf(tx, async (asked) => {
      await work(asked as Tx);
      await sql`rollback to before`.execute(tx); // explaining runs the statement again
    });
  } finally {
    await tx.rollback().execute();
  }
}

/** Returns the most rows that one node of the plan looked at. */
export function rowsRead(plan: readonly Plan[]): number {
  return Math.max(...plan.map((node) => node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)));
}
