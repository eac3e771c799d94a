/** Statements whose text never changes: built and compiled once, and planned once by each connection. */
import {
  type CompiledQuery,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import type { Db } from './handles.ts';
import { PREPARE, type Prepared, type Statement } from './prepared.ts';
import type { DB } from './schema.ts';

type Preparing = <Row>(statement: Statement) => Prepared<Row>;

const preparing = new WeakMap<object, Preparing>();

/** Lets fixed statements of the handle go to its connections without the layers of the query builder. */
export function notePreparing(handle: object, prepare: Preparing): void {
  preparing.set(handle, prepare);
}

/** Stands for the value of a parameter while the statement is built. */
class Placeholder {
  readonly index: number;
  constructor(index: number) {
    this.index = index;
  }
}

/** Builds statements and runs none. */
const compiler = new Kysely<DB>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/** The server refuses a prepared statement whose columns have become others. */
const STAR = /^select (?:"\w+"\.)?\*|, (?:"\w+"\.)?\*/;
const names = new Set<string>();

/**
 * Returns the function that finds the one row of a statement, or undefined, on any handle and in any transaction. `build`
 * is called once, with placeholders: it hands its parameters to the statement and looks at none of them. The name is that
 * of the prepared statement, unique among all.
 */
export function fixedRow<Args extends readonly unknown[], Row>(
  name: string,
  build: (db: Db, ...args: Args) => { compile(): CompiledQuery<Row> },
): (db: Db, ...args: Args) => Promise<Row | undefined> {
  if (names.has(name)) throw new Error(`two statements have the name ${name}`);
  names.add(name);
  let compiled: CompiledQuery<Row> | undefined;
  const compile = (): CompiledQuery<Row> => {
    const placeholders = Array.from({ length: build.length - 1 }, (_, index) => new Placeholder(index));
    const made = build(compiler, ...(placeholders as unknown as Args)).compile(); // their values come with each call
    if (STAR.test(made.sql)) throw new Error(`${name} selects *: what that stands for changes with a migration`);
    return { ...made, sql: `${PREPARE}${name} */ ${made.sql}` };
  };
  return async (db, ...args) => {
    compiled ??= compile();
    const values = compiled.parameters.map((value) => (value instanceof Placeholder ? args[value.index] : value));
    const prepare = preparing.get(db);
    if (prepare !== undefined) return (await prepare<Row>({ name, text: compiled.sql })(values))[0];
    return (await db.executeQuery<Row>({ ...compiled, parameters: values })).rows[0];
  };
}
