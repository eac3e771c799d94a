/** The programs of a whole PostgreSQL: `pg_dump` and `psql`, which npm's binaries lack, and a server of their version. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** Where Debian puts the versions, beside wrappers in PATH that have no server. */
const DEBIAN = '/usr/lib/postgresql';
/** The oldest PostgreSQL that the registry runs on: an older `pg_dump` refuses it. */
const MAJOR_MIN = 16;

export interface PostgresTools {
  readonly bin: string;
  /** The folder around `bin`. */
  readonly installation: string;
  readonly major: number;
}

const named = process.env['PG_BIN'];
const debian = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort().reverse() : [];

/** The first of PG_BIN, the folders of PATH and Debian's that has all of it; undefined when none has. */
export const postgresTools: PostgresTools | undefined = [
  ...(named === undefined ? [] : [named]),
  ...(process.env['PATH'] ?? '').split(delimiter),
  ...debian.map((version) => join(DEBIAN, version, 'bin')),
]
  .map(toolsIn)
  .find((tools) => tools !== undefined);

function toolsIn(bin: string): PostgresTools | undefined {
  const isWhole = ['pg_dump', 'pg_restore', 'psql', 'initdb', 'postgres'].every((name) => existsSync(join(bin, name)));
  if (!isWhole) return undefined;
  const said = execFileSync(join(bin, 'pg_dump'), ['--version'], { encoding: 'utf8' });
  const major = Number(/\) (\d+)/.exec(said)?.[1]);
  return major >= MAJOR_MIN ? { bin, installation: dirname(bin), major } : undefined;
}
