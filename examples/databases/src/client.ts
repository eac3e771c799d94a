/** A program that uses the database, and connects anew for each piece of work. */
import pg from 'pg';

/** Runs the statement over a connection of its own, with the credential that is current at that moment. */
export async function query(uri: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: uri, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Works until it is stopped, and then tells how many connects succeeded, and why others failed. */
export function keepWorking(uri: () => Promise<string>) {
  let isStopped = false;
  let connects = 0;
  const failures: string[] = [];
  const loop = (async () => {
    while (!isStopped) {
      try {
        await query(await uri(), "insert into orders (item) values ('a ladder')");
        connects += 1;
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    }
  })();
  return {
    async stop() {
      isStopped = true;
      await loop;
      return { connects, failures };
    },
  };
}
