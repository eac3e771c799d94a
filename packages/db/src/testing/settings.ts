/** Settings of the servers that the tests start themselves. */

/** Names and values of PostgreSQL settings. */
export type Settings = Readonly<Record<string, string>>;

/** Fast, because the data is thrown away: nothing waits for a disk. */
export const testSettings: Settings = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  max_connections: '200',
};

/** Arguments of `initdb` for the order and the letters that PGlite has too. */
export function initdbArguments(platform: NodeJS.Platform): string[] {
  return ['--encoding=UTF8', '--lc-collate=C', `--lc-ctype=${platform === 'darwin' ? 'UTF-8' : 'C.UTF-8'}`];
}

/** Arguments of `postgres`. */
export function settingArguments(settings: Settings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
