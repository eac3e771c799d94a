/** The commands of `tenant-registry`. What a command needs is loaded when it is called: help and mistakes come at once. */
import { safeMessage, UsageError } from '@tenant-registry/db';
import { Command, CommanderError } from 'commander';
import { version } from '../version.ts';
import { applyCommand, exportCommand, importCommand } from './apply.ts';
import { bootstrapCommand } from './bootstrap.ts';
import { copyCommand } from './copy.ts';
import { doctorCommand } from './doctor.ts';

const EXIT_CODES = `
Exit codes: 0 done; 1 refused or failed; 2 the call or the environment was wrong, and nothing was changed.
The environment is that of the registry: .env.example lists it.`;

/** Performs the call; resolves to the exit code and never rejects. */
export async function run(args: readonly string[]): Promise<number> {
  let code = 0;
  const program = programWith((result) => {
    code = result;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return exitCodeOf(error);
  }
}

/** Commander has said what is wrong with a call before it throws; everything else is said here, in one line. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  console.error(`tenant-registry: ${safeMessage(error)}`);
  return error instanceof UsageError || isEnvironmentMistake(error) ? 2 : 1;
}

/** By its name: the class lies with the settings of all modules, which a wrong call does not load. */
function isEnvironmentMistake(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConfigError';
}

function programWith(ends: (code: number) => void): Command {
  const program = new Command('tenant-registry')
    .description('The control plane of tenants: the server, and all that an operator does with it.')
    .version(version)
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .showHelpAfterError('Try: tenant-registry --help')
    .enablePositionalOptions();
  program
    .command('serve')
    .description('serve the API and do the background work, until SIGTERM')
    .action(async () => {
      await import('../main.ts');
    });
  own(program, 'migrate', 'move the schema of the database between versions', async (args) => {
    const { migrateMain } = await import('@tenant-registry/db/migrate');
    ends(await migrateMain(args));
  });
  own(program, 'audit', 'check the whole audit log; make a key that signs it', async (args) => {
    const { auditMain } = await import('./audit.ts');
    ends(await auditMain(args));
  });
  own(
    program,
    'configs',
    'move configurations between PostgreSQL and etcd, tell how the store is, repair it',
    async (args) => {
      const { configsMain } = await import('./configs.ts');
      ends(await configsMain(args));
    },
  );
  const more = [bootstrapCommand(), doctorCommand(), applyCommand(), exportCommand(), importCommand(), copyCommand()];
  for (const command of more) program.addCommand(command);
  for (const command of program.commands) command.exitOverride();
  return program;
}

/** A command that reads its own arguments, `--help` among them. */
function own(program: Command, name: string, about: string, action: (args: string[]) => Promise<void>): void {
  program
    .command(name)
    .description(about)
    .usage('…  (its own --help has all of it)')
    .argument('[arguments...]')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(action);
}
