import type { Provisioner } from '@tenant-registry/provisioner';
import { expect, test } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import {
  happenedTo,
  madeBy,
  orderDatabase,
  sharedWorld,
  storedDatabase,
} from '../../../../test/support/reconciling.ts';
import { startTestServer } from '../../../../test/support/server.ts';

type Told = Parameters<NonNullable<Provisioner['watch']>>[0];

/** A world that tells of changes while a watch stands. */
function toldWorld() {
  const watches: { readonly told: Told; readonly break: () => void; ended: boolean }[] = [];
  const made: ReturnType<typeof sharedWorld> & Pick<Provisioner, 'watch'> = {
    ...sharedWorld(),
    async watch(told, signal) {
      const broken = Promise.withResolvers<void>();
      const watch = { told, break: broken.resolve, ended: false };
      watches.push(watch);
      signal.addEventListener('abort', () => broken.resolve());
      await broken.promise;
      watch.ended = true;
    },
  };
  return { made, watches };
}

test('what a watch tells of is looked at at once; while it stands, looks are rarer; when it breaks, it is begun again', async () => {
  const { made, watches } = toldWorld();
  const server = await startTestServer(madeBy({ memory: made }));
  server.app.startWorkers();
  await eventually(() => expect(watches).toHaveLength(1));
  const { watched } = server.app.deps.databaseReconciler;
  expect([...watched]).toEqual([]);
  watches[0]?.told.live();
  expect([...watched]).toEqual(['memory']);
  const { id } = await orderDatabase(server);
  const ready = async () => expect((await storedDatabase(server, id)).database.status).toBe('ready');
  await eventually(ready);
  const { work } = await storedDatabase(server, id);
  expect(Date.parse(work.next_reconcile_at ?? '') - server.clock.now().getTime()).toBeGreaterThan(200_000);
  // Marks of the world may be anything.
  watches[0]?.told.changed('not an id');
  made.world.databases.delete(id);
  watches[0]?.told.changed(id);
  await eventually(async () => expect((await storedDatabase(server, id)).database.reason).toBe('lost'));
  // A database that waits for a person is not looked at, whatever is told.
  watches[0]?.told.changed(id);
  watches[0]?.break();
  await eventually(() => expect(watches).toHaveLength(2));
  expect([watches[0]?.ended, [...watched]]).toEqual([true, []]);
  expect((await storedDatabase(server, id)).work.next_reconcile_at).toBeNull();
  expect(await happenedTo(server, id).then((events) => events.slice().sort())).toEqual(['lost', 'ready']);
  await server.app.close();
  expect(watches[1]?.ended).toBe(true);
  await server.close();
});
