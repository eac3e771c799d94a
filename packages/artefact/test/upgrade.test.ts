// engine: postgres
/** An update: the previous release and this one serve one database together, under load, while it is migrated. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createClient } from '@tenant-registry/client';
import { emptyDatabase, type TestDatabase } from '@tenant-registry/db/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { childEnv } from '../../server/test/support/child-env.ts';
import { INTERNAL, OPERATOR, type ServerProcess, startServer } from '../../server/test/support/server-process.ts';
import { lostIn, type Report, startLoad } from './upgrade/load.ts';
import { hasHistory, previousRelease } from './upgrade/previous-release.ts';
import { startProxy } from './upgrade/proxy.ts';

const run = promisify(execFile);
const here = fileURLToPath(new URL('../../..', import.meta.url));
const previous = previousRelease();
const reason = typeof previous === 'string' ? previous : undefined;

/** As in production, where no start migrates. */
const env = {
  APP_ENV: 'prod',
  PUBLIC_URL: 'https://registry.example',
  ...Object.fromEntries(
    ['SECRETS_KEY', 'API_KEY_PEPPER', 'AUDIT_SIGNING_KEY'].map((name, n) => [name, String(n).repeat(64)]),
  ),
};

test.runIf(process.env['CI'] !== undefined && hasHistory())('the previous release is in the history', () => {
  expect(reason).toBeUndefined();
});

describe.skipIf(reason !== undefined)(`beside the previous release${reason ? ` (skipped: ${reason})` : ''}`, () => {
  const { folder, version } = typeof previous === 'string' ? { folder: '', version: '' } : previous;
  const started: ServerProcess[] = [];
  let database: TestDatabase;
  const url = () => database.url ?? '';

  beforeAll(async () => {
    database = await emptyDatabase();
  });
  afterAll(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    await Promise.all(started.map(({ ended }) => ended));
    await database.close();
  });

  async function migrate(release: string, ...args: string[]): Promise<string> {
    const options = { env: { ...childEnv(), DATABASE_URL: url() } };
    return (await run(process.execPath, [join(release, 'packages/db/src/cli.ts'), ...args], options)).stdout;
  }

  async function serve(release: string): Promise<ServerProcess> {
    const replica = await startServer(url(), env, join(release, 'packages/server/src/main.ts'));
    started.push(replica);
    return replica;
  }

  const isReady = async ({ address }: ServerProcess) => (await fetch(`${address}/readyz`)).status;

  async function drain({ child, ended }: ServerProcess): Promise<void> {
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  }

  test('this release has its migrations as they were', () => {
    const migrationsIn = (release: string) => join(release, 'packages/db/migrations');
    const names = readdirSync(migrationsIn(folder)).filter((name) => name.endsWith('.ts'));
    for (const name of names) {
      const [then, now] = [folder, here].map((release) => readFileSync(join(migrationsIn(release), name), 'utf8'));
      expect(now, `${name} of ${version}`).toBe(then);
    }
  });

  // proves A24, A71
  test('no call of the SDK fails while the database is migrated and the replicas are replaced, and no answered change is lost', async () => {
    await migrate(folder, 'up');
    const old = await serve(folder);
    const proxy = await startProxy();
    proxy.replicas.push(old.address);
    const load = startLoad(proxy, { operator: OPERATOR, internal: INTERNAL });
    await load.more(10);

    expect(await migrate(here, 'up')).toMatch(/^applied 00/m);
    await load.more(10);
    expect(await isReady(old), 'a replica of the previous release on the new schema').toBe(200);

    const next = await serve(here);
    proxy.replicas.push(next.address);
    await load.more(20);
    const answered = [old, next].map(({ address }) => proxy.answered.get(address) ?? 0);
    expect(Math.min(...answered), 'both serve').toBeGreaterThan(10);

    await drain(old);
    proxy.replicas.shift();
    await load.more(10);
    const report: Report = await load.stop();
    proxy.close();
    expect(report).toMatchObject({ failed: [], wrong: [] });
    expect(report.calls).toBeGreaterThan(200);
    expect(await lostIn(database.db, report)).toEqual([]);
  });

  test('the previous release serves again on the new schema, and what it writes is proved like all else', async () => {
    const [next] = started.slice(1);
    const again = await serve(folder);
    expect(await isReady(again)).toBe(200);
    const operator = createClient({ url: again.address, token: OPERATOR });
    const { id } = await operator.tenants.create({ slug: 'gone-back', name: 'Gone back' });
    const { key = '' } = await operator.apiKeys.create({ tenant_id: id, name: 'k' });
    const verdicts = [again, next].map((replica) =>
      createClient({ url: replica?.address ?? '', token: INTERNAL }).apiKeys.verify({ key }),
    );
    expect(await Promise.all(verdicts)).toMatchObject([{ valid: true }, { valid: true }]);
    await drain(again);
    // The rows of both releases are in the log that this one seals.
    const open = () => database.db.selectFrom('audit_unsealed').select('event_id').limit(1).execute();
    await expect.poll(open).toEqual([]);
    const leaves = await database.db
      .selectFrom('audit_leaves')
      .select('event_id')
      .where('event_id', 'is not', null)
      .execute();
    const rows = await database.db.selectFrom('audit_log').select('id').execute();
    expect(new Set(leaves.map(({ event_id }) => event_id))).toEqual(new Set(rows.map((row) => row.id)));
  });
});
