// engine: postgres
/** Runs the example of databases against a real registry, which makes them on the server of the tests. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { testDatabase } from '@tenant-registry/db/testing';
import { expect, onTestFinished, test } from 'vitest';
import { childEnv } from './support/child-env.ts';
import { newWorld } from './support/database-world.ts';
import { INTERNAL, OPERATOR, startProcess } from './support/server-process.ts';

const main = fileURLToPath(new URL('../../../examples/databases/src/main.ts', import.meta.url));
const ENDS_WITHIN_MS = 180_000;

async function startRegistry(env: Record<string, string>) {
  const database = await testDatabase();
  const { child, output, ready, ended } = startProcess({
    DATABASE_URL: database.url ?? '',
    OPERATOR_TOKEN: OPERATOR,
    INTERNAL_TOKEN: INTERNAL,
    RATE_LIMIT_PER_MINUTE: '0',
    REQUEST_TIMEOUT_MS: '48000',
    ...env,
  });
  onTestFinished(async () => {
    child.kill();
    await ended;
    await database.close();
  });
  return { url: await ready, output };
}

const run = (url: string) =>
  promisify(execFile)(process.execPath, [main], {
    env: { ...childEnv(), URL: url, OPERATOR_TOKEN: OPERATOR },
    timeout: ENDS_WITHIN_MS,
  });

// proves D2, D13, D14, D16, D17, D33
test(
  'examples/databases orders a database, works in it while its credential changes, and leaves nothing behind',
  async () => {
    const world = await newWorld();
    const { url, output } = await startRegistry({ DATABASES_FILE: world.file });
    const { stdout, stderr } = await run(url);
    expect(stderr).toBe('');
    const lines = stdout.trimEnd().split('\n');
    expect(lines.at(-1)).toBe('That was the whole life of a database.');
    expect(lines).toEqual(
      expect.arrayContaining([
        'ordered orders of the tier small: provisioning (queued)',
        '  ready (healthy)',
        expect.stringMatching(/^connected to orders_\w+: a table with 1 row$/),
        expect.stringMatching(/^the program that works connected \d+ times, and never failed$/),
        'the old login is refused',
        expect.stringMatching(/^deleted\. Its life: .*rotated/),
      ]),
    );
    expect(await world.roles()).toEqual([]);
    expect(await world.secrets()).toEqual([]);
    expect(output()).not.toContain(world.password);
  },
  ENDS_WITHIN_MS,
);

test('examples/databases ends with a sentence where nothing can be ordered', async () => {
  const { url } = await startRegistry({});
  const error = await run(url).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('DATABASES_FILE') });
});
