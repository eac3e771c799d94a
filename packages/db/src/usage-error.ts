/** What every command does with a wrong call. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** A command was called wrongly: it exits with 2 and has changed nothing. */
export class UsageError extends Error {}

/** Returns the words and options of a command line. Throws `UsageError` for an option that is unknown or lacks its value. */
export function readArguments<const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  options: Options,
) {
  try {
    return parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
