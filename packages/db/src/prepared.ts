/** Prepares the few statements that run on every request, so that they are planned once. */

import { ShapedQuery, Shapes } from './shaped-query.ts';

/** Runs the statement outside any transaction with these values, and returns its rows. */
export type Prepared<Row> = (values: readonly unknown[]) => Promise<Row[]>;

export interface Statement {
  /** Unique among all prepared statements: a connection remembers a statement by its name. */
  readonly name: string;
  readonly text: string;
}

interface Pool {
  query(statement: ShapedQuery): unknown;
}

interface Engine {
  query(text: string, values: unknown[]): Promise<{ rows: unknown[] }>;
}

interface Client {
  query: (...asked: unknown[]) => unknown;
}

/** Begins a marked statement. */
export const PREPARE = '/* prepare ';
const NAME = /^\w+/;

/** Returns the name of a marked statement; undefined for another one. */
export function nameOf(text: string): string | undefined {
  return text.startsWith(PREPARE) ? NAME.exec(text.slice(PREPARE.length))?.[0] : undefined;
}

/**
 * Lets the connection parse and plan a statement once when its text begins with a comment that names it, inside transactions
 * too: `/* prepare find_keys *\/ select …`. A name stands for one text.
 */
export function prepareMarked(client: Client): void {
  const query = client.query.bind(client);
  client.query = (text: unknown, ...rest: unknown[]) => {
    const name = typeof text === 'string' ? nameOf(text) : undefined;
    return name === undefined ? query(text, ...rest) : query({ name, text }, ...rest);
  };
}

/**
 * Prepares on a pool: each connection parses and plans the statement when it first meets it. With `named` false, a
 * connection keeps nothing of the statement: a pooler gives one session to many clients.
 */
export function onPool(pool: Pool, named: boolean) {
  const shapes = new Shapes();
  return <Row>({ name, text }: Statement): Prepared<Row> => {
    const shape = shapes.of(name);
    const statement = named ? { name, text } : { text };
    return async (values) => {
      const { rows } = (await pool.query(new ShapedQuery(statement, values, shape))) as { rows: Row[] };
      return rows; // the caller's claim: no compiler reads the text
    };
  };
}

/** Runs on PGlite, which plans the statement each time: there is no round trip to save. */
export function onEngine(engine: Engine) {
  return <Row>({ text }: Statement): Prepared<Row> =>
    async (values) => {
      const { rows } = await engine.query(text, [...values]);
      return rows as Row[]; // the caller's claim: no compiler reads the text
    };
}
