// engine: none
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CLUSTER, type KubeClient, POOLER, type Resource, SECRET } from '../src/kubernetes/api.ts';
import { createKubeClient } from '../src/kubernetes/client.ts';
import { createCnpgProvisioner } from '../src/kubernetes/provisioner.ts';
import { crdsFolder } from '../src/testing/kube/crds.ts';
import { newOrder } from '../src/testing/order.ts';
import type { Desired, Observed, Provisioner } from '../src/types.ts';
import { type KubeWorld, openKubeWorld } from './support/kube-world.ts';

const folder = crdsFolder();
const never = new AbortController().signal;

describe.skipIf(folder === undefined).each([
  { operator: '1.30', poolerPhases: true },
  { operator: '1.29', poolerPhases: false },
])('beside an operator of $operator', ({ poolerPhases }) => {
  let world: KubeWorld;
  let person: KubeClient;
  let provisioner: Provisioner;

  beforeEach(async () => {
    world = await openKubeWorld(folder ?? '', { poolerPhases });
    person = createKubeClient(world.access);
    provisioner = anotherProcess();
  });

  afterEach(async () => {
    await provisioner.close();
    person.close();
    await world.close();
  });

  const anotherProcess = () =>
    createCnpgProvisioner({ installation: 'main', client: () => createKubeClient(world.access), now: world.now });
  const pass = (desired: Desired) => provisioner.reconcile(desired, never);
  const placeOf = ({ names }: Desired) => ({ namespace: names.namespace, name: names.cluster });

  /** Passes and steps follow each other until a pass has seen what is looked for. Returns all that was seen. */
  async function until(
    desired: Desired,
    found: (observed: Observed) => boolean,
    by = provisioner,
  ): Promise<Observed[]> {
    const seen: Observed[] = [];
    for (let passes = 0; passes < 100; passes += 1) {
      const observed = await by.reconcile(desired, never);
      seen.push(observed);
      if (found(observed)) return seen;
      await world.step();
    }
    throw new Error(`not seen: ${JSON.stringify(seen.at(-1))}`);
  }

  const inSync = ({ in_sync }: Observed) => in_sync;

  async function made(spec: Parameters<typeof newOrder>[0] = {}): Promise<Desired> {
    const desired = newOrder(spec);
    const seen = await until(desired, inSync);
    return { ...desired, external_uid: seen.at(-1)?.external_uid ?? null };
  }

  // proves D13, D32
  test('the waits of a making are told one after the other, and end in a database with backups and extensions', async () => {
    const order = newOrder({ spec: { instances: 3, backup_schedule: '0 0 3 * * *', extensions: ['pg_trgm'] } });
    const seen = await until(order, inSync);
    const reasons = [...new Set(seen.map((observed) => ('reason' in observed ? observed.reason : observed.phase)))];
    expect(reasons[0]).toBe('waiting_for_database');
    expect(reasons.at(-1)).toBe('healthy');
    expect(seen.filter(({ phase }) => phase === 'working').every(({ message }) => message !== null)).toBe(true);
    expect(seen.at(-1)?.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }));
  });

  test('an API that leads to another cluster makes no database look lost, or gone', async () => {
    const desired = await made();
    const elsewhere = await openKubeWorld(folder ?? '', { poolerPhases });
    const there = createCnpgProvisioner({ installation: 'main', client: () => createKubeClient(elsewhere.access) });
    for (const want of ['running', 'asleep', 'retained', 'destroyed'] as const)
      await expect(there.reconcile({ ...desired, want }, never), want).rejects.toThrow('leads to another cluster');
    const own = newOrder({});
    for (let passes = 0; passes < 3; passes += 1) await there.reconcile(own, never);
    await expect(there.reconcile({ ...desired, want: 'destroyed' }, never)).rejects.toThrow('leads to another cluster');
    await there.close();
    await elsewhere.close();
    expect(await pass(desired)).toMatchObject({ phase: 'ready' });
  });

  test('a lasting fault of a database that was ready is unrecoverable, in the words of the operator', async () => {
    const desired = await made();
    world.actor.breakCluster(placeOf(desired));
    const seen = await until(desired, ({ phase }) => phase === 'failed');
    expect(seen.at(-1)).toMatchObject({ reason: 'unrecoverable', external_uid: desired.external_uid });
    expect(seen.at(-1)?.message).toContain('broken by the test');
  });

  test('a definition that the operator refuses is refused', async () => {
    const desired = await made();
    world.actor.breakCluster(placeOf(desired), { phase: 'Invalid cluster definition', reason: 'no such image' });
    const seen = await until(desired, ({ phase }) => phase === 'failed');
    expect(seen.at(-1)).toMatchObject({ reason: 'refused', message: 'Invalid cluster definition: no such image' });
  });

  test.each(['asleep', 'retained'] as const)(
    'a change that the API refuses keeps nobody in a database that shall be %s',
    async (want) => {
      const desired = await made();
      const refused: Desired = { ...desired, spec: { ...desired.spec, instances: 0 } };
      expect(await pass(refused)).toMatchObject({ phase: 'failed', reason: 'refused' });
      const seen = await until({ ...refused, want }, ({ phase }) => phase === want);
      expect(seen.at(-1)).toMatchObject({ external_uid: desired.external_uid, login: null });
      const cluster = await person.get(CLUSTER, placeOf(desired), never);
      expect(cluster?.metadata.annotations?.['cnpg.io/hibernation']).toBe('on');
      expect(cluster?.spec?.['instances']).toBe(1);
      if (want === 'retained') return;
      expect(seen.at(-1)).toMatchObject({ in_sync: false, message: expect.stringContaining('spec.instances') });
      const again = await until({ ...desired, spec: { ...desired.spec, instances: 2 } }, inSync);
      expect(again.at(-1)).toMatchObject({ phase: 'ready', reason: 'healthy' });
    },
  );

  test('a failover leaves a database of several instances usable, and is told as not in sync', async () => {
    const desired = await made({ spec: { instances: 3 } });
    world.actor.failOver(placeOf(desired));
    await world.step();
    expect(await pass(desired)).toMatchObject({ phase: 'ready', reason: 'degraded', in_sync: false });
    const seen = await until(desired, inSync);
    expect(seen.every(({ phase }) => phase === 'ready')).toBe(true);
  });

  test('a change is in sync only when the operator is through with it, also for a process that did not make it', async () => {
    const desired = await made();
    const changed = { ...desired, spec: { ...desired.spec, parameters: { work_mem: '64MB' } } };
    world.actor.delay(placeOf(desired), Number.POSITIVE_INFINITY);
    expect(await pass(changed)).toMatchObject({ phase: 'ready', reason: 'changing', in_sync: false, repaired: [] });
    const other = anotherProcess();
    expect(await other.reconcile(changed, never)).toMatchObject({ reason: 'changing', in_sync: false });
    world.actor.delay(placeOf(desired), 0);
    const seen = await until(changed, inSync, other);
    expect(seen.flatMap(({ repaired }) => repaired)).toEqual([]);
    expect(await pass(changed)).toMatchObject({ phase: 'ready', in_sync: true });
    await other.close();
  });

  const parts: readonly [string, Resource, (desired: Desired) => string, (desired: Desired) => string][] = [
    ['a pooler', POOLER, ({ names }) => names.pooler, () => 'pooler'],
    ['the login', SECRET, ({ names }) => names.logins.a, ({ names }) => `secret ${names.logins.a}`],
    ['the credentials', SECRET, ({ names }) => names.credentials, ({ names }) => `secret ${names.credentials}`],
  ];

  test.each(parts)(
    '%s that was deleted by hand is put back, and said to be, by any process',
    async (_name, resource, nameOf, word) => {
      const desired = await made();
      const there = await person.get(resource, { namespace: desired.names.namespace, name: nameOf(desired) }, never);
      if (there === undefined) throw new Error('it is not there');
      await person.delete(there, never);
      await world.actor.settle();
      const other = anotherProcess();
      const seen = await until(desired, inSync, other);
      expect(seen.flatMap(({ repaired }) => repaired)).toEqual(expect.arrayContaining([word(desired)]));
      const credentials = await person.get(SECRET, { namespace: 'default', name: desired.names.credentials }, never);
      const text = (key: string) => Buffer.from(credentials?.data?.[key] ?? '', 'base64').toString();
      const pooler = { namespace: 'default', name: desired.names.pooler };
      expect(await world.actor.canConnect(pooler, text('user'), text('password'))).toBe(true);
      await other.close();
    },
  );

  test('a login is proved before consumers are told of it, and the old one stays until then', async () => {
    const desired = await made();
    world.actor.delay(placeOf(desired), Number.POSITIVE_INFINITY);
    const rotated: Desired = { ...desired, logins: { current: 'b', other: 'closed' } };
    for (let passes = 0; passes < 3; passes += 1) {
      const observed = await pass(rotated);
      expect(observed).toMatchObject({ phase: 'ready', in_sync: false, login: { current: 'a', other: 'open' } });
      await world.step();
    }
    world.actor.delay(placeOf(desired), 0);
    const seen = await until(rotated, inSync);
    expect(seen.at(-1)).toMatchObject({ login: { current: 'b', other: 'closed' } });
    expect(await person.get(SECRET, { namespace: 'default', name: desired.names.logins.a }, never)).toBeUndefined();
  });

  test('a destruction waits for volumes that are held', async () => {
    const desired: Desired = { ...(await made()), want: 'destroyed' };
    world.actor.holdVolumes(placeOf(desired));
    await until(desired, ({ message }) => message?.includes('PersistentVolumeClaim') ?? false);
    expect(await pass(desired)).toMatchObject({ phase: 'working' });
    world.actor.releaseVolumes(placeOf(desired));
    await until(desired, ({ phase }) => phase === 'gone');
    expect(await person.get(CLUSTER, placeOf(desired), never)).toBeUndefined();
  });
});
