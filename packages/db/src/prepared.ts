/** Statements that are worth planning once: the few that run on every request. */

/** Runs the statement outside any transaction with these values, and returns its rows. */
export type Prepared<Row> = (values: readonly unknown[]) => Promise<Row[]>;

export interface Statement {
  /** Unique among all prepared statements, because connections remember them by it. */
  readonly name: string;
  readonly text: string;
}

interface Pool {
  query(statement: { name?: string; text: string; values: unknown[] }): Promise<{ rows: unknown[] }>;
}

interface Engine {
  query(text: string, values: unknown[]): Promise<{ rows: unknown[] }>;
}

/**
 * Prepares on a pool: each connection parses and plans the statement when it first meets it. With `named` false nothing
 * stays behind on a connection, as a pooler that hands one session to many clients wants it.
 */
export function onPool(pool: Pool, named: boolean) {
  return <Row>({ name, text }: Statement): Prepared<Row> =>
    async (values) => {
      const { rows } = await pool.query({ ...(named ? { name } : {}), text, values: [...values] });
      return rows as Row[]; // what the text selects, which no compiler sees
    };
}

/** Runs on PGlite, which plans anew each time: there is no network that would make it worth more. */
export function onEngine(engine: Engine) {
  return <Row>({ text }: Statement): Prepared<Row> =>
    async (values) => {
      const { rows } = await engine.query(text, [...values]);
      return rows as Row[]; // as above
    };
}
