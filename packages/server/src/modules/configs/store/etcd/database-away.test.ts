// engine: postgres
/** What configurations in etcd answer while the registry's database is away, through a link that the test can cut. */
import { openDatabase } from '@tenant-registry/db';
import { testDatabase } from '@tenant-registry/db/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openLink } from '../../../../../test/replicas/link.ts';
import { contextOf, newPlace } from '../../../../../test/support/config-history.ts';
import { changeTo, etcdIsMissing, set, startOnEtcd, withoutEtcd } from '../../../../../test/support/etcd-store.ts';
import { runWorker } from '../../../../../test/support/server.ts';

describe.skipIf(etcdIsMissing)(`configurations in etcd without the database${withoutEtcd}`, () => {
  // proves B20, B21
  test('are read and watched, nothing is written, and what waits is brought in when it is back', async () => {
    const original = await testDatabase();
    onTestFinished(() => original.close());
    const link = await openLink(original.url ?? '');
    onTestFinished(() => link.close());
    const database = await openDatabase({
      url: link.url,
      connectionsMax: 4,
      connectTimeoutMs: 1_000,
      statementTimeoutMs: 2_000,
      log: () => {},
    });
    const there = await startOnEtcd({ database, authorityLeaseMs: 60_000 });
    onTestFinished(() => there.close());
    const { server } = there;
    const { configStore } = server.app.deps;
    const place = await newPlace(server);
    const otherPlace = await newPlace(server);
    const first = await set(server, place, ['a', 1]);
    const second = await set(server, place, ['a', 2]);
    const tail = await configStore.tail(place);
    onTestFinished(() => tail.release());
    const ctx = () => contextOf(server);
    const key = { tenant_id: place.tenant_id, name: 'reader', scopes: ['registry:configs:read'] };
    const { body: reader } = await server.call('POST /v1/api-keys', { body: key });
    const read = (token?: string) =>
      server.call(`GET /v1/projects/${place.project_id}/configs/a`, token === undefined ? {} : { token });
    const { leases } = server.app.deps;
    await leases.start();
    await expect.poll(() => leases.held()).toBe(true);
    // From now on the replica knows the key and the project.
    for (const token of [undefined, reader.key]) expect(await read(token)).toMatchObject({ status: 200 });

    await link.cut();
    for (const token of [undefined, reader.key])
      expect(await read(token)).toMatchObject({ status: 200, body: { content: 2, version: 2 } });
    expect((await configStore.find(ctx(), place, 'a')).config).toEqual(second);
    expect((await configStore.head(ctx(), place)).revision).toBe(second.revision);
    const { rows } = await configStore.page(ctx(), place, { prefix: '', limit: 5, bytesMax: 1_000 });
    expect(rows).toEqual([second]);
    const unrelayed = await configStore.listUnrelayed?.(ctx(), place, { key: 'a', limit: 10, bytesMax: 10_000 });
    expect(unrelayed?.rows.map(({ version }) => version)).toEqual([2, 1]);
    await tail.settle();
    expect(await tail.changesAfter(first.revision, 1_000)).toMatchObject([{ version: 2 }]);
    const refused = configStore.commit(ctx(), place, { changes: [changeTo('a', 3, second)], write_id: 'late' });
    await expect(refused).rejects.toThrow();
    expect((await configStore.find(ctx(), place, 'a')).config).toEqual(second);
    await expect(runWorker(server, 'configs-relay')).rejects.toThrow();
    expect(configStore.isUp()).toBe(true);
    const put = { body: { content: 3, expected_version: 2 } };
    expect(await server.call(`PUT /v1/projects/${place.project_id}/configs/a`, put)).toMatchObject({ status: 503 });

    // What nobody asked for before is not known, and without the lease nothing is.
    expect(await server.call(`GET /v1/projects/${otherPlace.project_id}/configs/a`)).toMatchObject({ status: 503 });
    await leases.stop();
    expect(await read(reader.key)).toMatchObject({ status: 503 });

    link.restore();
    await expect.poll(() => runWorker(server, 'configs-relay').catch(() => 0)).toBe(2);
    expect(await server.call(`PUT /v1/projects/${place.project_id}/configs/a`, put)).toMatchObject({ status: 200 });
  });
});
