/** The two kinds of handle that every statement takes, apart from their factory, so that all of this package may name them. */
import type { Kysely, Transaction } from 'kysely';
import type { DB } from './schema.ts';

/** For reads. A transaction is also a Db. */
export type Db = Kysely<DB>;
/** For writes: a Db is not a Tx, so the compiler refuses a change of state outside a transaction. */
export type Tx = Transaction<DB>;
