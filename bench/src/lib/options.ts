import { parseArgs } from 'node:util';
import { UsageError } from './run-bench.ts';

/** One whole-number or comma-separated option of a benchmark. */
export interface OptionSpec {
  readonly help: string;
  readonly fallback: string;
}

/**
 * Returns a value for every option in `specs`, or prints the help and exits with 0 when `--help` is given.
 * Throws {@link UsageError} for anything that is not in `specs`.
 */
export function readOptions<Name extends string>(
  usage: string,
  specs: Readonly<Record<Name, OptionSpec>>,
): Record<Name, string> {
  const names = Object.keys(specs) as Name[]; // Object.keys forgets the key type
  const options = Object.fromEntries([
    ...names.map((name) => [name, { type: 'string' }]),
    ['help', { type: 'boolean' }],
  ]);
  const values = parse(options);
  if (values['help'] === true) {
    const lines = names.map((name) => `  --${name.padEnd(13)} ${specs[name].help} (default ${specs[name].fallback})`);
    process.stdout.write(`${usage}\n\nOptions:\n${lines.join('\n')}\n  --help          this text\n`);
    process.exit(0);
  }
  const read = (name: Name): string => String(values[name] ?? specs[name].fallback);
  return Object.fromEntries(names.map((name) => [name, read(name)])) as Record<Name, string>; // same keys as specs
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
