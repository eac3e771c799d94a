// engine: postgres
/** The server as a process under libfaketime (Debian's package `faketime`): the system itself tells it the wrong time. */
import { randomUUID } from 'node:crypto';
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tenants } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import { expect, test } from 'vitest';
import { DAY_MS } from './support/server.ts';
import { INTERNAL, OPERATOR, startProcess } from './support/server-process.ts';

const [library] = globSync('/usr/lib/*/faketime/libfaketime.so.1');

/** Starts a process; its clock is as far ahead as the file says, which it reads again every second. */
function startAhead(url: string, file: string) {
  return startProcess({
    DATABASE_URL: url,
    OPERATOR_TOKEN: OPERATOR,
    INTERNAL_TOKEN: INTERNAL,
    RATE_LIMIT_PER_MINUTE: '0',
    ...(library === undefined ? {} : { LD_PRELOAD: library }),
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  });
}

test.skipIf(library === undefined)(
  'a process that the system tells the wrong time ends no trial, says so and is not ready, until the system tells it the right time',
  async () => {
    const database = await testDatabase();
    const onTrial = { id: randomUUID(), slug: 'on-trial', name: 'On trial', status: 'trial' } as const;
    const trial_ends_at = new Date(Date.now() + 14 * DAY_MS);
    await database.db.transaction().execute((tx) => tenants.insertTenant(tx, { ...onTrial, trial_ends_at }));
    const folder = mkdtempSync(join(tmpdir(), 'registry-'));
    const file = join(folder, 'ahead');
    writeFileSync(file, '+40d\n');
    const { child, ready, output, ended } = startAhead(database.url ?? '', file);
    try {
      const address = await ready;
      const headers = { authorization: `Bearer ${OPERATOR}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ slug: 'made-here', name: 'Made here' });
      const made = await fetch(`${address}/v1/tenants`, { method: 'POST', headers, body });
      const answer = await made.text();
      expect(made.status, answer).toBe(201);
      const { created_at } = JSON.parse(answer) as { created_at: string };
      expect(Math.abs(Date.parse(created_at) - Date.now())).toBeLessThan(3_600_000);
      const unready = await fetch(`${address}/readyz`);
      expect([unready.status, await unready.json()]).toEqual([503, { status: 'unavailable', failing: ['clock'] }]);
      expect(output()).toContain('the clock of this process differs from the database');
      writeFileSync(file, '+0d\n');
      await expect.poll(async () => (await fetch(`${address}/readyz`)).status, { interval: 200 }).toBe(200);
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
      // Every worker begins with a batch at the start of the process.
      expect(await tenants.findTenant(database.db, onTrial.id)).toMatchObject({ status: 'trial' });
    } finally {
      child.kill('SIGKILL');
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
