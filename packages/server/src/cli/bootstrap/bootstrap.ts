/** The first credentials of a registry in production: made once, written down once, and kept nowhere by the registry. */
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { bootstrap as bootstraps, type Db, entries } from '@tenant-registry/db';
import { systemActor } from '../../kernel/actor.ts';
import { systemClock } from '../../kernel/clock.ts';
import { newId } from '../../kernel/ids.ts';
import { entryOf } from '../../kernel/transact/entry.ts';
import { bookkeep } from '../../kernel/transact.ts';
import { bootstrapEvents } from '../../modules/audit/bootstrapped.ts';

const SECRET_BYTES = 32;

/** The variables of .env.example that have a secret of their own. */
export type Credentials = Readonly<Record<(typeof variables)[number], string>>;
const variables = ['OPERATOR_TOKEN', 'INTERNAL_TOKEN', 'SECRETS_KEY', 'API_KEY_PEPPER', 'AUDIT_SIGNING_KEY'] as const;

/** Thrown for a registry that has been bootstrapped. */
class BootstrappedError extends Error {
  constructor(at: string) {
    super(
      `this registry was bootstrapped at ${at}, and its credentials are those that were given out then. ` +
        'To replace one, set it in the environment of every replica (docs/operations.md)',
    );
  }
}

/**
 * Returns new credentials, once in the life of a database: the platform's audit log has it in the same transaction. With a
 * file they are in it, readable by its owner alone, or nothing has happened: a file that is there is never written over.
 * Throws `BootstrappedError` for a database where it was done.
 */
export async function bootstrap(db: Db, file: string | undefined): Promise<Credentials> {
  const made = newCredentials();
  let written = false;
  try {
    await bookkeep(db, async (tx) => {
      await bootstraps.lockBootstrap(tx);
      const before = await bootstraps.findBootstrap(tx, bootstrapEvents.bootstrapped.type);
      if (before !== undefined) throw new BootstrappedError(before.created_at);
      const clock = systemClock;
      const ctx = { actor: systemActor('bootstrap'), clock, requestId: newId(clock), sourceIp: null };
      const happened = { event: bootstrapEvents.bootstrapped, payload: { variables: [...variables] } };
      await entries.appendEntries(tx, [entryOf(ctx, happened)]);
      if (file === undefined) return;
      writeFileSync(file, linesOf(made), { mode: 0o600, flag: 'wx' });
      written = true;
    });
  } catch (error) {
    // The commit failed: what the file has was never given out.
    if (written && file !== undefined) rmSync(file, { force: true });
    throw error;
  }
  return made;
}

/** Returns the credentials as lines of an environment file. */
export function linesOf(credentials: Credentials): string {
  return variables.map((name) => `${name}=${credentials[name]}\n`).join('');
}

function newCredentials(): Credentials {
  const secret = () => randomBytes(SECRET_BYTES);
  return {
    OPERATOR_TOKEN: `tr_op_${secret().toString('base64url')}`,
    INTERNAL_TOKEN: `tr_int_${secret().toString('base64url')}`,
    SECRETS_KEY: secret().toString('hex'),
    API_KEY_PEPPER: secret().toString('hex'),
    AUDIT_SIGNING_KEY: secret().toString('hex'),
  };
}
