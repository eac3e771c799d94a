// engine: postgres
/** Two processes of the server, of which one at a time relays: the other goes on when that one is killed or halted. */
import type { ChildProcess } from 'node:child_process';
import { testDatabase } from '@tenant-registry/db/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { natsClient, natsPath, startNats } from '../../../../test/support/nats.ts';
import { uniqueSlug } from '../../../../test/support/server.ts';
import { OPERATOR, type ServerProcess, startServer } from '../../../../test/support/server-process.ts';

const PASSWORD = 'correct-horse-battery';

/** Makes a tenant; a process that was halted answers 503 until it holds its leases again. */
async function newTenant({ address }: ServerProcess): Promise<void> {
  const status = async () => {
    const response = await fetch(`${address}/v1/tenants`, {
      method: 'POST',
      headers: { authorization: `Bearer ${OPERATOR}`, 'content-type': 'application/json' },
      body: JSON.stringify({ slug: uniqueSlug(), name: 'Test' }),
    });
    return response.status;
  };
  await expect.poll(status).toBe(201);
}

async function end({ child, ended }: ServerProcess): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

describe.skipIf(natsPath === undefined)(
  'the relay of several processes (skipped where nats-server is not installed)',
  () => {
    // proves C24
    test('when the process that relays is halted and another killed, the stream still equals the log', async () => {
      const database = await testDatabase();
      onTestFinished(() => database.close());
      const broker = await startNats(`authorization { user: registry, password: "${PASSWORD}" }`);
      onTestFinished(() => broker.stop());
      const env = { EVENTS_NATS_URL: `nats://registry:${PASSWORD}@${broker.address}`, APP_ENV: 'dev' };
      const url = database.url ?? '';
      const started: ServerProcess[] = [];
      onTestFinished(async () => void (await Promise.all(started.map(end))));
      const start = async () => {
        const server = await startServer(url, env);
        started.push(server);
        return server;
      };
      const { db } = database;
      const holder = async () => (await db.selectFrom('event_relays').select('lease_id').executeTakeFirst())?.lease_id;
      const write = (server: ServerProcess) => Promise.all(Array.from({ length: 12 }, () => newTenant(server)));

      const first = await start();
      await write(first);
      await expect.poll(holder).toBeTruthy();
      const [second, before] = [await start(), await holder()];
      const writing = write(second);
      halt(first.child);
      await writing;
      await write(second);
      // The lease runs out, and the second process goes on.
      await expect.poll(holder).not.toBe(before);
      await write(second);
      first.child.kill('SIGCONT');
      await Promise.all([write(first), write(second)]);
      await end(second);
      await write(first);

      const consumer = await natsClient(broker, { user: 'registry', pass: PASSWORD });
      onTestFinished(() => consumer.close());
      const waiting = () => db.selectFrom('outbox_events').select('id').execute();
      await expect.poll(waiting).toEqual([]);
      const logged = await db.selectFrom('events').select('id').orderBy('position').execute();
      expect(logged.length).toBeGreaterThanOrEqual(7 * 12);
      await expect.poll(async () => (await consumer.stored()).map(({ id }) => id)).toEqual(logged.map(({ id }) => id));
    });
  },
);

function halt(child: ChildProcess): void {
  child.kill('SIGSTOP');
}
