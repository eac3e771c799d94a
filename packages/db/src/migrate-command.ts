/** What the `migrate` command does. */
import { readCall } from './cli-call.ts';
import { safeMessage } from './redact.ts';
import { UsageError } from './usage-error.ts';

const HELP = `migrate: moves the schema of a database between versions.

  migrate [--target=core] COMMAND       the registry's own database

  up [N]         apply the next N migrations; all of them without N. Nothing to do is success. No statement waits for a lock
                 for longer than 3 s, for others would wait behind it: all is rolled back and tried again, for 10 minutes.
  down [N]       revert the last N migrations; one without N.
  down-all       revert every migration: all data is gone.
  status         list every migration and when it was applied.
  version        print the version of the database and of this program.
  force V        write down that version V is in place, without running anything. For repairs.
  create NAME    write the file of the next migration (in a checkout of the source only).
  renumber       move the migrations that the main line lacks behind its newest, for the branch that is merged second:
                 their files, the list in src/migrations.ts, and every reference to their full names in the checkout.
                 Refused while the database has one of them applied. Nothing to do is success.

  Environment: DATABASE_DIRECT_URL or, without it, DATABASE_URL (without both: the embedded engine in DATA_DIR, by default
  .data); APP_ENV (dev, stage, prod).

  migrate --target=spicedb COMMAND      the database of a SpiceDB (docs/spicedb.md)

  up             make the role and the schema that SpiceDB needs, and give the role its password. To change the password,
                 run it again.
  down           revert the last migration: the schema and the role go. Refused while SpiceDB's tables are there.
  status         list every migration and when it was applied, what the role may do, and what the server lacks.
  version        print the version of the database and of this program.

  Environment: SPICEDB_DATABASE_URL or, without it, DATABASE_URL: a superuser's, with its password, of a database named
  spicedb, or ending in _spicedb or -spicedb; SPICEDB_ROLE_PASSWORD, printable ASCII, for up; APP_ENV.

  --allow-down   permit down, down-all and force when APP_ENV=prod.
  --base=BRANCH  the main line for renumber. Without it: origin/main, or main where that is missing.
  --help         this text.

Exit codes: 0 done, 1 refused or failed, 2 the call itself was wrong.
Several processes may run at once: one works under a lock, the others wait and find nothing to do.
Without a command: up.`;

/** Performs the command with these arguments; resolves to the exit code and never rejects. */
export async function migrateMain(args: string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  try {
    const call = readCall(args, env['APP_ENV'] || 'dev');
    if (call === null) console.log(HELP);
    // Each target is loaded alone: renumber works where the list of the registry's migrations is broken.
    else if (call.target === 'core') await (await import('./cli-core.ts')).runCore(call, env);
    else await (await import('./cli-spicedb.ts')).runSpicedb(call, env);
    return 0;
  } catch (error) {
    console.error(`migrate: ${safeMessage(error)}`);
    if (!(error instanceof UsageError)) return 1;
    console.error('Try: migrate --help');
    return 2;
  }
}
