/** The command `bootstrap`. */
import { existsSync } from 'node:fs';
import { openDatabase, requireOwnSchema, UsageError } from '@tenant-registry/db';
import { Command } from 'commander';

interface Options {
  readonly out?: string;
  readonly json?: boolean;
}

const HELP = `
Run it once, after "migrate up" and before the first "serve", with DATABASE_URL alone. The registry keeps none of what it
prints: put it where the replicas' environment comes from, and a copy of it where the backups of the database are not.
A second time is refused, with exit code 1.`;

/** Makes the first credentials of a registry, and writes down that it did. */
export function bootstrapCommand(): Command {
  return (
    new Command('bootstrap')
      .description('make the first credentials of a registry in production, once')
      // Not --env-file: Node takes that for an option of its own, wherever it stands.
      .option('--out <file>', 'write them to this new file, readable by its owner alone, instead of printing them')
      .option('--json', 'print one JSON object')
      .addHelpText('after', HELP)
      .action(async ({ out, json = false }: Options) => {
        const { readDatabaseUrl } = await import('../config.ts');
        const url = readDatabaseUrl();
        if (url === undefined) {
          throw new UsageError(
            'DATABASE_URL is empty: bootstrap is for a registry on PostgreSQL, and npm start makes its own tokens',
          );
        }
        if (out !== undefined && existsSync(out)) {
          throw new UsageError(`--out ${out}: there is such a file already, and nothing is written over it`);
        }
        const { bootstrap, linesOf } = await import('./bootstrap/bootstrap.ts');
        const database = await openDatabase({ url, connectionsMax: 1, applicationName: 'tenant-registry-bootstrap' });
        try {
          await requireOwnSchema(database.db);
          const made = await bootstrap(database.db, out);
          if (json) console.log(JSON.stringify(out === undefined ? made : { out }));
          else console.log(out === undefined ? linesOf(made).trimEnd() : `wrote the credentials to ${out}`);
        } finally {
          await database.close();
        }
      })
  );
}
