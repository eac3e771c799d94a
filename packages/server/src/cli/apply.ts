/** The commands of declared state: `apply`, `export` and `import`. */
import { Command } from 'commander';
import { type ConnectionOptions, withConnection } from './apply/connection.ts';
import type { Output } from './apply/perform.ts';

interface ApplyFlags extends ConnectionOptions {
  readonly file: string;
  readonly prune?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly merge?: boolean;
}

interface ExportFlags extends ConnectionOptions {
  readonly tenant: string;
  readonly out?: string;
  readonly json?: boolean;
}

const output: Output = {
  result: (text) => console.log(text),
  aside: (text) => console.error(text),
};

export function applyCommand(): Command {
  return fileCommand('apply', 'make a running registry be as a file says; a second run changes nothing')
    .option('--prune', 'remove what lists of the file lack (see it with --dry-run first)')
    .action(async (flags: ApplyFlags) => {
      const [{ applyFile }, { connect }] = await parts();
      await applyFile(connect(flags), callOf(flags), output);
    });
}

export function importCommand(): Command {
  return fileCommand('import', 'bring an exported tenant into this registry')
    .option('--merge', 'also into a tenant that exists')
    .action(async (flags: ApplyFlags) => {
      const [{ importFile }, { connect }] = await parts();
      await importFile(connect(flags), { ...callOf(flags), merge: flags.merge === true }, output);
    });
}

export function exportCommand(): Command {
  return withConnection(new Command('export'))
    .description('write a tenant, without secrets, as a file for import and apply')
    .requiredOption('--tenant <slug>', 'the tenant')
    .option('--out <file>', 'where to; .json makes it JSON. Absent: it is printed')
    .option('--json', 'JSON in place of YAML')
    .action(async (flags: ExportFlags) => {
      const [{ exportToFile }, { connect }] = await parts();
      const { tenant, out, json } = flags;
      await exportToFile(connect(flags), { tenant, out, json: json === true }, output);
    });
}

function fileCommand(name: string, about: string): Command {
  return withConnection(new Command(name))
    .description(about)
    .requiredOption('-f, --file <file>', 'YAML or JSON; - is the standard input')
    .option('--dry-run', 'say what would be done, and do nothing')
    .option('--json', 'one JSON object as the result')
    .option('-v, --verbose', 'also name what is as it should be');
}

/** Loaded when a command is called: help comes at once. */
function parts() {
  return Promise.all([import('./apply/perform.ts'), import('./apply/connection.ts')]);
}

function callOf({ file, prune, dryRun, json, verbose }: ApplyFlags) {
  return {
    file,
    prune: prune === true,
    dryRun: dryRun === true,
    json: json === true,
    verbose: verbose === true,
  };
}
