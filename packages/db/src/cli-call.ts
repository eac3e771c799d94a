/** The command line of `migrate`, read and checked before anything is opened. */
import { readArguments, UsageError } from './usage-error.ts';

export type Target = 'core' | 'spicedb';

export interface Call {
  readonly target: Target;
  readonly command: string;
  readonly argument: string | undefined;
  readonly base: string | undefined;
}

type Words = 'none' | 'optional' | 'required';

/** The commands of the targets, and whether a word follows each. */
const COMMANDS: Readonly<Record<Target, Readonly<Record<string, Words>>>> = {
  core: {
    up: 'optional',
    down: 'optional',
    'down-all': 'none',
    status: 'none',
    version: 'none',
    force: 'required',
    create: 'required',
    renumber: 'none',
  },
  spicedb: { up: 'none', down: 'none', status: 'none', version: 'none' },
};

const APP_ENVS: readonly string[] = ['dev', 'stage', 'prod'];
const DESTRUCTIVE = new Set(['down', 'down-all', 'force']);

/** Returns the call; null asks for the help text. Throws `UsageError`. */
export function readCall(args: string[], appEnv: string): Call | null {
  const { values, positionals } = parse(args);
  // A misspelt prod must not switch the protection off.
  if (!APP_ENVS.includes(appEnv)) throw new UsageError(`APP_ENV is "${appEnv}": it must be ${APP_ENVS.join(', ')}`);
  if (values.help) return null;
  const target = targetOf(values.target);
  const [command = 'up', argument, ...rest] = positionals;
  const takes = wordsOf(target, command);
  if (rest.length > 0 || (takes === 'none' && argument !== undefined))
    throw new UsageError(`${command}: too many words`);
  if (takes === 'required' && argument === undefined) throw new UsageError(`${command}: one more word is needed`);
  if (values.base !== undefined && command !== 'renumber') throw new UsageError('--base belongs to renumber alone');
  if (DESTRUCTIVE.has(command) && appEnv === 'prod' && !values['allow-down']) {
    throw new UsageError(`${command} is refused when APP_ENV=prod: back up first, then add --allow-down`);
  }
  return { target, command, argument, base: values.base };
}

function targetOf(text: string): Target {
  if (text === 'core' || text === 'spicedb') return text;
  throw new UsageError(`unknown target "${text}": it is core or spicedb`);
}

function wordsOf(target: Target, command: string): Words {
  const commands = COMMANDS[target];
  const takes = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (takes !== undefined) return takes;
  if (!Object.hasOwn(COMMANDS.core, command)) throw new UsageError(`unknown command "${command}"`);
  const known = Object.keys(commands).join(', ');
  throw new UsageError(`${command} is no command of --target=${target}, which takes ${known}`);
}

const parse = (args: string[]) =>
  readArguments(args, {
    target: { type: 'string', default: 'core' },
    'allow-down': { type: 'boolean', default: false },
    base: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  });
