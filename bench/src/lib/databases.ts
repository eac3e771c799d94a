import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface DatabaseServer {
  /** The engine's version and settings, for the results file; the durability settings decide the cost of a write. */
  readonly about: Readonly<Record<string, string>>;
  /** Creates an empty database, which is dropped when the stack is disposed, and returns its URL. */
  createDatabase(label: string): Promise<string>;
}

/**
 * Returns one PostgreSQL for all contenders: the server in `DATABASE_URL` if that is set, or a temporary server that is
 * stopped when `stack` is disposed.
 */
export async function openDatabaseServer(stack: AsyncDisposableStack): Promise<DatabaseServer> {
  const { url, source } = await findServer(stack);
  const admin = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, query_timeout: 30_000 });
  await admin.connect();
  admin.on('error', () => undefined); // the next query reports a lost connection
  stack.defer(() => admin.end());

  const about: Record<string, string> = { source };
  for (const setting of ['server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers']) {
    const { rows } = await admin.query<{ value: string }>('select current_setting($1) as value', [setting]);
    about[setting] = rows[0]?.value ?? '';
  }
  return {
    about,
    async createDatabase(label) {
      const name = `bench_${label.replaceAll('-', '_')}_${randomBytes(4).toString('hex')}`;
      await admin.query(`create database ${name}`);
      stack.defer(async () => {
        await admin.query(`drop database if exists ${name} with (force)`);
      });
      const target = new URL(url);
      target.pathname = `/${name}`;
      return target.href;
    },
  };
}

async function findServer(stack: AsyncDisposableStack): Promise<{ url: string; source: string }> {
  const given = process.env['DATABASE_URL'];
  if (given) return { url: given, source: 'DATABASE_URL' };
  const { startPostgres } = await import('@tenant-registry/db/testing');
  // The default settings skip the disk, for tests. A comparison needs real durability, for the peer and for the product.
  const server = await startPostgres({ fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' });
  stack.defer(() => server.stop());
  return { url: server.url, source: server.source };
}
