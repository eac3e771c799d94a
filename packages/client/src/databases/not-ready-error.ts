/** The error of a wait for a managed database that ended without one that can be used. */
import type { Database } from '../generated/schemas/databases.ts';

/**
 * A database cannot be used: it failed or is being deleted (`failed`), or it was not ready in time (`timeout`). The message
 * alone is enough in a log.
 */
export class DatabaseNotReadyError extends Error {
  readonly code: 'failed' | 'timeout';
  /** The database as it was last read. */
  readonly database: Database;
  readonly status: Database['status'];
  /** Why it is there: `refused`, `waiting_for_pooler`. */
  readonly reason: Database['reason'];
  /** What the registry says to people: what is waited for, or what to do. Null: nothing. */
  readonly detail: string | null;

  constructor(code: 'failed' | 'timeout', database: Database, cause?: unknown) {
    const { name, status, reason, message } = database;
    const said = [status, reason, ...(message === null ? [] : [message])].join(': ');
    const what = code === 'timeout' ? 'was not ready in time' : 'cannot be used';
    super(`The database ${name} ${what}: ${said}`, cause === undefined ? {} : { cause });
    this.name = 'DatabaseNotReadyError';
    this.code = code;
    this.database = database;
    this.status = status;
    this.reason = reason;
    this.detail = message;
  }
}
