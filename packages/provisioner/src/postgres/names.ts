/** The names of everything that a database has on a server of PostgreSQL. */
import type { Names, Slot } from '../types.ts';

export interface ServerNames {
  /** Of the database, and of the role that owns it. */
  readonly database: string;
  readonly logins: Readonly<Record<Slot, string>>;
}

/** Returns names that need no quotes. PostgreSQL keeps those that begin with `pg_` for itself. */
export function serverNames({ cluster }: Pick<Names, 'cluster'>): ServerNames {
  const plain = cluster.replaceAll('-', '_');
  const database = plain.startsWith('pg_') ? `db_${plain}` : plain;
  return { database, logins: { a: `${database}_a`, b: `${database}_b` } };
}
