import { parseArgs } from 'node:util';
import { UsageError } from './run-bench.ts';

/** An option of a benchmark: a whole number or a comma-separated list, or, with `false` as fallback, a switch. */
export interface OptionSpec {
  readonly help: string;
  readonly fallback: string | false;
}

/**
 * Returns a value for each option in `specs` (`true` or `false` for a switch). Prints the help and exits with 0 for
 * `--help`. Throws {@link UsageError} for an option that is not in `specs`.
 */
export function readOptions<Name extends string>(
  usage: string,
  specs: Readonly<Record<Name, OptionSpec>>,
): Record<Name, string> {
  const names = Object.keys(specs) as Name[]; // Object.keys forgets the key type
  const options = Object.fromEntries([
    ...names.map((name) => [name, { type: specs[name].fallback === false ? 'boolean' : 'string' }]),
    ['help', { type: 'boolean' }],
  ]);
  const values = parse(options);
  if (values['help'] === true) {
    const lines = names.map((name) => describe(name, specs[name]));
    process.stdout.write(`${usage}\n\nOptions:\n${lines.join('\n')}\n  --help          this text\n`);
    process.exit(0);
  }
  const read = (name: Name): string => String(values[name] ?? specs[name].fallback);
  return Object.fromEntries(names.map((name) => [name, read(name)])) as Record<Name, string>; // same keys as specs
}

function describe(name: string, { help, fallback }: OptionSpec): string {
  return `  --${name.padEnd(13)} ${help}${fallback === false ? '' : ` (default ${fallback})`}`;
}

/** Returns `text` as a whole number between `min` and `max`, or throws {@link UsageError}. */
export function wholeNumber(name: string, text: string, [min, max]: readonly [number, number]): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, not "${text}"`);
  }
  return value;
}

function parse(options: Record<string, { type: 'string' | 'boolean' }>): Record<string, unknown> {
  try {
    return parseArgs({ options, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
