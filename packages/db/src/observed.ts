/** Tells an observer of every statement that a dialect runs: its text without the values. */
import type { CompiledQuery, DatabaseConnection, Dialect } from 'kysely';
import type { Prepared, Statement } from './prepared.ts';
import { withoutScope } from './scoped-query.ts';

/** Hears the text of a statement when it begins; the function that it returns is called once when the statement has ended. */
export type StatementObserver = (text: string) => (error?: unknown) => void;

/** Returns the dialect with every statement told, those that begin and end transactions too. */
export function observedDialect(dialect: Dialect, observe: StatementObserver): Dialect {
  const observed = new WeakSet<DatabaseConnection>();
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver() {
      const driver = dialect.createDriver();
      const acquire = driver.acquireConnection.bind(driver);
      driver.acquireConnection = async (options) => {
        const connection = await acquire(options);
        // The drivers find their own marks on a connection, so it is changed and not wrapped, once in its life.
        if (!observed.has(connection)) observeConnection(connection, observe);
        observed.add(connection);
        return connection;
      };
      return driver;
    },
  };
}

function observeConnection(connection: DatabaseConnection, observe: StatementObserver): void {
  const execute = connection.executeQuery.bind(connection);
  connection.executeQuery = <R>(query: CompiledQuery) => ended(observe(withoutScope(query.sql)), execute<R>(query));
}

/** Returns the maker of prepared statements with each of them told. */
export function observedPreparing(
  prepare: <Row>(statement: Statement) => Prepared<Row>,
  observe: StatementObserver,
): typeof prepare {
  return <Row>(statement: Statement): Prepared<Row> => {
    const run = prepare<Row>(statement);
    return (values) => ended(observe(statement.text), run(values));
  };
}

async function ended<T>(end: (error?: unknown) => void, running: Promise<T>): Promise<T> {
  try {
    const result = await running;
    end();
    return result;
  } catch (error) {
    end(error ?? 'failed');
    throw error;
  }
}
