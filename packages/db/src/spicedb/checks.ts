/** What is refused before a connection is made. */
import { parse } from 'pg-connection-string';
import { urlMistakes } from '../database-config.ts';
import { SpicedbError } from './errors.ts';

/**
 * Throws `SpicedbError` with `wrong_target` unless the database is named `spicedb`, or ends in `_spicedb` or `-spicedb`: the
 * bootstrap never touches the registry's own database, or a server's `postgres`, because of a slip in a URL.
 */
export function checkSpicedbTarget(database: string): void {
  if (/^(?:.+[_-])?spicedb$/.test(database)) return;
  const rule = 'its name must be spicedb, or end in _spicedb or -spicedb';
  throw new SpicedbError('wrong_target', `"${database}" is no database for SpiceDB: ${rule}`);
}

/**
 * Returns the password of the URL. Throws `SpicedbError`: `url_unusable`, `wrong_target`, or `superuser_password_missing`.
 * The user and the password must stand in the URL itself, whatever PGUSER and PGPASSWORD say: the environment of a shell
 * must not choose who connects.
 */
export function checkSpicedbUrl(url: string): string {
  const mistakes = urlMistakes(url).map(({ message }) => message);
  if (mistakes.length > 0)
    throw new SpicedbError('url_unusable', `the URL of SpiceDB's database ${mistakes.join(', ')}`);
  const { database, user, password } = parse(url);
  checkSpicedbTarget(database ?? '');
  if (!user) throw new SpicedbError('url_unusable', "the URL of SpiceDB's database names no user");
  if (!password) {
    throw new SpicedbError(
      'superuser_password_missing',
      "the URL of SpiceDB's database has no password of a superuser",
    );
  }
  return password;
}

/**
 * Throws `SpicedbError`: `role_password_missing`, or `role_password_unusable` for a password that is not printable ASCII,
 * because clients prepare any other one in ways of their own (SASLprep) and would then fail to log in.
 */
export function checkRolePassword(password: string | undefined): asserts password is string {
  if (!password) {
    throw new SpicedbError(
      'role_password_missing',
      'the role of SpiceDB gets no password: SPICEDB_ROLE_PASSWORD is empty',
    );
  }
  if (!/^[\x20-\x7e]+$/.test(password)) {
    const reason = 'a character is not printable ASCII, such as a line break at its end';
    throw new SpicedbError('role_password_unusable', `the password for the role of SpiceDB cannot be used: ${reason}`);
  }
}
