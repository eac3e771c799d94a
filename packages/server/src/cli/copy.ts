/** The command `copy`. What it needs is loaded when it is called. */
import { Command } from 'commander';

export interface CopyFlags {
  readonly from: string;
  readonly to: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function copyCommand(): Command {
  return new Command('copy')
    .description("copy the embedded engine's data (or a PostgreSQL database) into a fresh PostgreSQL database")
    .requiredOption('--from <place>', 'the data directory (DATA_DIR), or a postgres:// URL')
    .requiredOption('--to <url>', 'a postgres:// URL; an empty database gets its schema first')
    .option('--dry-run', 'say what would be copied, and change nothing')
    .option('--json', 'print one JSON object')
    .action(async (flags: CopyFlags) => {
      const { copy } = await import('./copy/copy.ts');
      await copy(flags);
    });
}
