// engine: none
import { afterEach, describe, expect, test } from 'vitest';
import { type Actor, createActor } from '../src/testing/kube/actor.ts';
import { createObjects, type Objects } from '../src/testing/kube/actor-client.ts';
import { HEALTHY, INVALID, UNRECOVERABLE } from '../src/testing/kube/actor-cluster.ts';
import { withWebhook } from '../src/testing/kube/actor-webhook.ts';
import type { ClusterStatus } from '../src/testing/kube/actor-world.ts';
import { BUILT_IN, CONFIG_MAP } from '../src/testing/kube/builtin.ts';
import { crdsFolder, loadCrds } from '../src/testing/kube/crds.ts';
import { createCollector, finalizersOf } from '../src/testing/kube/garbage.ts';
import { metadataOf, objectAt, withMetadata } from '../src/testing/kube/json.ts';
import { createStore } from '../src/testing/kube/store.ts';
import type { JsonObject } from '../src/testing/kube/types.ts';

const folder = crdsFolder();
const WAITING = 'Waiting for the instances to become active';
const NAMESPACE = 'default';
const PLACE = { namespace: NAMESPACE, name: 'orders' };
const POOLER = { namespace: NAMESPACE, name: 'orders-pooler' };
const clock = () => new Date('2026-01-01T00:00:00Z');

const clientOf = (api: Parameters<typeof createObjects>[0]['api']): Objects =>
  createObjects({ api, clock, manager: 'test' });

describe('the garbage collector', () => {
  const map = (name: string, more: JsonObject = {}): JsonObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: NAMESPACE, ...more },
  });
  const ownerOf = (object: JsonObject, more: JsonObject = {}) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: metadataOf(object)['name'] ?? null,
    uid: metadataOf(object)['uid'] ?? null,
    ...more,
  });
  async function family(more: JsonObject = {}, held: JsonObject = {}) {
    const objects = clientOf({ store: createStore(), types: [CONFIG_MAP] });
    const collector = createCollector(objects);
    const owner = await objects.create(map('owner'));
    const child = await objects.create(map('child', { ownerReferences: [ownerOf(owner, more)], ...held }));
    const names = async () => (await objects.list('ConfigMap')).map((object) => metadataOf(object)['name']);
    const settle = async () => {
      for (let left = 20; left > 0 && (await collector.step()); left -= 1);
    };
    return { objects, collector, owner, child, names, settle };
  }
  const HELD = { finalizers: ['test/held'] };
  const place = (name: string) => ({ namespace: NAMESPACE, name });

  test('an object goes after its owner, and others stay', async () => {
    const { objects, owner, names, settle } = await family();
    await objects.create(map('free'));
    await settle();
    expect(await names()).toEqual(['child', 'free', 'owner']);
    await objects.remove(owner, 'Background');
    expect(await names()).toEqual(['child', 'free']);
    await settle();
    expect(await names()).toEqual(['free']);
  });

  test('an owner that is deleted in the foreground waits for those that block it', async () => {
    const { objects, owner, names, settle } = await family({ blockOwnerDeletion: true }, HELD);
    await objects.remove(owner, 'Foreground');
    await settle();
    expect(await names()).toEqual(['child', 'owner']);
    const child = await objects.get('ConfigMap', place('child'));
    expect(metadataOf(child ?? {})['deletionTimestamp']).toBeDefined();
    await objects.replace(withMetadata(child ?? {}, { finalizers: undefined }));
    expect(await names()).toEqual(['owner']);
    await settle();
    expect(await names()).toEqual([]);
  });

  test('an owner that is deleted in the foreground does not wait for those that do not block it', async () => {
    const { objects, owner, names, settle } = await family({}, HELD);
    await objects.remove(owner, 'Foreground');
    await settle();
    expect(await names()).toEqual(['child']);
  });

  test('what belongs to a blocking object goes first', async () => {
    const { objects, owner, child, names, settle } = await family({ blockOwnerDeletion: true });
    await objects.create(
      map('grandchild', { ownerReferences: [ownerOf(child, { blockOwnerDeletion: true })], ...HELD }),
    );
    await objects.remove(owner, 'Foreground');
    await settle();
    expect(await names()).toEqual(['child', 'grandchild', 'owner']);
    const grandchild = await objects.get('ConfigMap', place('grandchild'));
    await objects.replace(withMetadata(grandchild ?? {}, { finalizers: undefined }));
    await settle();
    expect(await names()).toEqual([]);
  });

  test('an owner is known by its uid: a twin under its name keeps nothing', async () => {
    const { objects, owner, names, settle } = await family();
    await objects.remove(owner, 'Background');
    await objects.create(map('owner'));
    await settle();
    expect(await names()).toEqual(['owner']);
  });

  test('an object with another owner stays, and forgets the one that is gone', async () => {
    const { objects, owner, child, names, settle } = await family();
    const other = await objects.create(map('other'));
    await objects.replace(withMetadata(child, { ownerReferences: [ownerOf(owner), ownerOf(other)] }));
    await objects.remove(owner, 'Background');
    await settle();
    expect(await names()).toEqual(['child', 'other']);
    const kept = await objects.get('ConfigMap', place('child'));
    expect(metadataOf(kept ?? {})['ownerReferences']).toEqual([ownerOf(other)]);
  });

  test('orphans stay, without their owner', async () => {
    const { objects, owner, names, settle } = await family();
    await objects.remove(owner, 'Orphan');
    await settle();
    expect(await names()).toEqual(['child']);
    expect(metadataOf((await objects.get('ConfigMap', place('child'))) ?? {})['ownerReferences']).toBeUndefined();
  });

  test('an owner of a kind that is not served counts as there', async () => {
    const { objects, child, names, settle } = await family();
    const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x', uid: 'y' };
    await objects.replace(withMetadata(child, { ownerReferences: [owner] }));
    await settle();
    expect(await names()).toEqual(['child', 'owner']);
  });
});

describe.skipIf(folder === undefined)('the stand-in of CloudNativePG', () => {
  const stops: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });

  function world(options: { poolerPhases?: boolean } = {}) {
    const api = { store: createStore(), types: [...BUILT_IN, ...withWebhook(loadCrds(folder ?? ''))] };
    const actor = createActor({ api, clock, ...options });
    return { api, actor, objects: clientOf(api) };
  }
  type World = ReturnType<typeof world>;

  const cnpg = (kind: string, name: string, spec: JsonObject): JsonObject => ({
    apiVersion: 'postgresql.cnpg.io/v1',
    kind,
    metadata: { name, namespace: NAMESPACE },
    spec,
  });
  const SPEC: JsonObject = {
    instances: 1,
    storage: { size: '1Gi' },
    postgresql: { parameters: { work_mem: '4MB' } },
    bootstrap: {
      initdb: {
        database: 'app',
        owner: 'app',
        postInitApplicationSQL: ['create role "login_a" nologin in role "app"'],
      },
    },
  };
  const cluster = (spec: JsonObject = {}) => cnpg('Cluster', 'orders', { ...SPEC, ...spec });
  const pooler = (spec: JsonObject = {}) =>
    cnpg('Pooler', 'orders-pooler', { cluster: { name: 'orders' }, type: 'rw', pgbouncer: {}, ...spec });
  const secret = (password: string, more: { labels?: JsonObject; username?: string } = {}): JsonObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/basic-auth',
    metadata: { name: 'login-a', namespace: NAMESPACE, labels: more.labels ?? { 'cnpg.io/reload': 'true' } },
    stringData: { username: more.username ?? 'login_a', password },
  });
  const APP = { name: 'app', ensure: 'present', login: false };
  const OPEN = {
    name: 'login_a',
    ensure: 'present',
    login: true,
    inRoles: ['app'],
    passwordSecret: { name: 'login-a' },
  };
  const CLOSED = { name: 'login_a', ensure: 'present', login: false, inRoles: ['app'], disablePassword: true };
  const managed = (role: JsonObject) => ({ managed: { roles: [APP, role] } });

  const statusIn = async ({ objects }: World) =>
    ((await objects.get('Cluster', PLACE))?.['status'] ?? {}) as unknown as ClusterStatus;
  const condition = async (there: World, type: string) =>
    (await statusIn(there)).conditions?.find((one) => one.type === type);
  const versionOf = async ({ objects }: World) =>
    metadataOf((await objects.get('Secret', { namespace: NAMESPACE, name: 'login-a' })) ?? {})['resourceVersion'];

  async function edit({ objects }: World, kind: string, change: (object: JsonObject) => JsonObject) {
    const name = kind === 'Cluster' ? 'orders' : kind === 'Pooler' ? 'orders-pooler' : 'login-a';
    const object = await objects.get(kind, { namespace: NAMESPACE, name });
    if (object === undefined) throw new Error(`There is no ${kind}.`);
    return objects.replace(change(object));
  }
  const respec = (there: World, spec: JsonObject) =>
    edit(there, 'Cluster', (object) => ({ ...object, spec: { ...objectAt(object, 'spec'), ...spec } }));
  const annotate = (there: World, hibernation: string) =>
    edit(there, 'Cluster', (object) => withMetadata(object, { annotations: { 'cnpg.io/hibernation': hibernation } }));

  /** The phases that a Cluster goes through until nothing changes. */
  async function phases(there: World): Promise<string[]> {
    const seen: string[] = [];
    for (let left = 50; left > 0 && (await there.actor.step()); left -= 1) {
      const { phase = '' } = await statusIn(there);
      if (seen.at(-1) !== phase) seen.push(phase);
    }
    return seen;
  }

  async function settled(spec: JsonObject = {}, options: { poolerPhases?: boolean } = {}): Promise<World> {
    const there = world(options);
    await there.objects.create(cluster(spec));
    await there.actor.settle();
    return there;
  }

  async function withLogin(): Promise<World> {
    const there = world();
    await there.objects.create(secret('first'));
    await there.objects.create(cluster(managed(OPEN)));
    await there.actor.settle();
    return there;
  }

  test('a Cluster comes up instance by instance, with a volume for each, and is then healthy', async () => {
    const there = world();
    await there.objects.create(cluster({ instances: 2 }));
    expect(await phases(there)).toEqual(['Setting up primary', WAITING, 'Creating a new replica', WAITING, HEALTHY]);
    const status = await statusIn(there);
    expect(status).toMatchObject({ instances: 2, readyInstances: 2, currentPrimary: 'orders-1' });
    expect(await condition(there, 'Ready')).toMatchObject({ status: 'True', reason: 'ClusterIsReady' });
    const claims = await there.objects.list('PersistentVolumeClaim');
    expect(claims.map((claim) => metadataOf(claim)['name'])).toEqual(['orders-1', 'orders-2']);
    expect(await there.actor.step()).toBe(false);
  });

  test('the operator writes nothing but status and its own objects, under its own name', async () => {
    const there = await settled();
    const object = (await there.objects.get('Cluster', PLACE)) ?? {};
    expect(metadataOf(object)['generation']).toBe(1);
    const managers = (metadataOf(object)['managedFields'] ?? []) as unknown as {
      manager: string;
      subresource?: string;
    }[];
    expect(managers.map(({ manager, subresource }) => `${manager} ${subresource}`).sort()).toEqual([
      'cloudnative-pg status',
      'test undefined',
    ]);
  });

  test('the webhook completes what the author of a Cluster left out, and keeps what was given', async () => {
    const there = world();
    const stored = objectAt(await there.objects.create(cluster()), 'spec');
    expect(objectAt(stored, 'postgresql')['parameters']).toMatchObject({ work_mem: '4MB', wal_level: 'logical' });
    expect(objectAt(objectAt(stored, 'bootstrap'), 'initdb')).toMatchObject({ owner: 'app', encoding: 'UTF8' });
  });

  test('the status keeps to the CRD', async () => {
    const there = await withLogin();
    const object = (await there.objects.get('Cluster', PLACE)) ?? {};
    const type = there.api.types.find(({ kind }) => kind === 'Cluster');
    expect(type?.validate(object)).toEqual([]);
    expect(type?.pruned(object).dropped).toEqual([]);
  });

  test('a login is pending, then reconciled with the version of its Secret, and gets in with that password alone', async () => {
    const there = await withLogin();
    const { managedRolesStatus } = await statusIn(there);
    expect(managedRolesStatus?.byStatus).toEqual({
      reconciled: ['app', 'login_a'],
      reserved: ['postgres', 'streaming_replica'],
    });
    expect(managedRolesStatus?.passwordStatus?.['login_a']).toMatchObject({ resourceVersion: await versionOf(there) });
    expect(await there.actor.canLogin(PLACE, 'login_a', 'first')).toBe(true);
    expect(await there.actor.canLogin(PLACE, 'login_a', 'second')).toBe(false);
    expect(await there.actor.canLogin(PLACE, 'app', 'first')).toBe(false);

    await edit(there, 'Secret', (object) => ({ ...object, stringData: { password: 'second' } }));
    await there.actor.step();
    expect((await statusIn(there)).managedRolesStatus?.byStatus?.['pending-reconciliation']).toEqual(['login_a']);
    expect(await there.actor.canLogin(PLACE, 'login_a', 'first')).toBe(true);
    await there.actor.settle();
    expect((await statusIn(there)).managedRolesStatus?.passwordStatus?.['login_a']).toMatchObject({
      resourceVersion: await versionOf(there),
    });
    expect(await there.actor.canLogin(PLACE, 'login_a', 'first')).toBe(false);
    expect(await there.actor.canLogin(PLACE, 'login_a', 'second')).toBe(true);
    expect((await statusIn(there)).phase).toBe(HEALTHY);
  });

  test('a Secret without the label is looked at again only when its Cluster changes', async () => {
    const there = world();
    await there.objects.create(secret('first', { labels: {} }));
    await there.objects.create(cluster(managed(OPEN)));
    await there.actor.settle();
    await edit(there, 'Secret', (object) => ({ ...object, stringData: { password: 'second' } }));
    await there.actor.settle();
    expect(await there.actor.canLogin(PLACE, 'login_a', 'first')).toBe(true);
    await respec(there, { logLevel: 'debug' });
    await there.actor.settle();
    expect(await there.actor.canLogin(PLACE, 'login_a', 'second')).toBe(true);
  });

  test('a missing Secret, or one of another user, stops the work on all roles', async () => {
    const there = world();
    await there.objects.create(cluster(managed(OPEN)));
    await there.actor.settle();
    expect((await statusIn(there)).managedRolesStatus).toBeUndefined();
    await there.objects.create(secret('first', { username: 'other' }));
    await there.actor.settle();
    expect((await statusIn(there)).managedRolesStatus).toBeUndefined();
    await edit(there, 'Secret', (object) => ({ ...object, stringData: { username: 'login_a' } }));
    await there.actor.settle();
    expect(await there.actor.canLogin(PLACE, 'login_a', 'first')).toBe(true);
  });

  test('a closed login loses its password and its version in the status', async () => {
    const there = await withLogin();
    await respec(there, managed(CLOSED));
    await there.actor.settle();
    const { managedRolesStatus } = await statusIn(there);
    expect(managedRolesStatus?.byStatus?.['reconciled']).toContain('login_a');
    expect(managedRolesStatus?.passwordStatus?.['login_a']?.resourceVersion).toBeUndefined();
    expect(await there.actor.canLogin(PLACE, 'login_a', 'first')).toBe(false);
    expect((await there.actor.roles(PLACE))?.get('login_a')).toEqual({
      login: false,
      password: null,
      inRoles: ['app'],
    });
  });

  test('a role that cannot be made is named with the reason, and a removed one stays in PostgreSQL', async () => {
    const there = await withLogin();
    await respec(there, managed({ ...OPEN, inRoles: ['nobody'] }));
    await there.actor.settle();
    expect((await statusIn(there)).managedRolesStatus?.cannotReconcile?.['login_a']?.[0]).toContain(
      "unknown role 'nobody'",
    );
    await respec(there, { managed: { roles: [APP] } });
    await there.actor.settle();
    expect((await statusIn(there)).managedRolesStatus?.byStatus?.['not-managed']).toEqual(['login_a']);
    await respec(there, { managed: { roles: [APP, { name: 'login_a', ensure: 'absent' }] } });
    await there.actor.settle();
    expect((await there.actor.roles(PLACE))?.has('login_a')).toBe(false);
  });

  test('drift inside of PostgreSQL is put back', async () => {
    const there = await withLogin();
    const role = (await there.actor.roles(PLACE))?.get('login_a');
    if (role !== undefined) role.login = false;
    expect(await there.actor.canLogin(PLACE, 'login_a', 'first')).toBe(false);
    await there.actor.settle();
    expect(await there.actor.canLogin(PLACE, 'login_a', 'first')).toBe(true);
  });

  test('a Cluster that sleeps keeps its data and lets nobody in, and wakes up with both', async () => {
    const there = await withLogin();
    await there.actor.write(PLACE, 'rows');
    await annotate(there, 'on');
    await there.actor.step();
    expect(await condition(there, 'cnpg.io/hibernation')).toMatchObject({ status: 'False', reason: 'DeletingPods' });
    await there.actor.settle();
    expect(await condition(there, 'cnpg.io/hibernation')).toMatchObject({ status: 'True', reason: 'Hibernated' });
    expect((await statusIn(there)).readyInstances).toBeUndefined();
    expect(await there.actor.canLogin(PLACE, 'login_a', 'first')).toBe(false);
    expect(await there.actor.read(PLACE)).toBe('rows');
    await expect(there.actor.write(PLACE, 'more')).rejects.toThrow('does not run');

    await annotate(there, 'off');
    expect(await phases(there)).toEqual([WAITING, HEALTHY]);
    expect(await condition(there, 'cnpg.io/hibernation')).toBeUndefined();
    expect(await there.actor.canLogin(PLACE, 'login_a', 'first')).toBe(true);
    expect(await there.actor.read(PLACE)).toBe('rows');
  });

  test('a Cluster that is not healthy does not fall asleep', async () => {
    const there = await settled();
    there.actor.breakCluster(PLACE);
    await annotate(there, 'on');
    await there.actor.settle();
    expect(await condition(there, 'cnpg.io/hibernation')).toBeUndefined();
  });

  test('a Cluster that shall sleep from the start is made first', async () => {
    const there = world();
    await there.objects.create(withMetadata(cluster(), { annotations: { 'cnpg.io/hibernation': 'on' } }));
    await there.actor.settle();
    expect(await condition(there, 'cnpg.io/hibernation')).toMatchObject({ status: 'True' });
    expect(await there.actor.read(PLACE)).toBe('');
  });

  test('changes of the spec move the phase away and back', async () => {
    const there = await settled();
    await respec(there, { postgresql: { parameters: { work_mem: '8MB' } } });
    expect(await phases(there)).toEqual(['Applying configuration', HEALTHY]);
    await respec(there, { resources: { limits: { cpu: '2' } } });
    await there.actor.step();
    expect(await statusIn(there)).toMatchObject({ phase: 'Upgrading cluster' });
    expect(await condition(there, 'Ready')).toMatchObject({ status: 'False' });
    expect(await phases(there)).toContain(HEALTHY);
    await respec(there, { instances: 3 });
    expect(await phases(there)).toEqual([
      'Creating a new replica',
      WAITING,
      'Creating a new replica',
      WAITING,
      HEALTHY,
    ]);
    expect(await statusIn(there)).toMatchObject({ instances: 3, readyInstances: 3 });
    await respec(there, { instances: 1 });
    await there.actor.settle();
    expect(await statusIn(there)).toMatchObject({ instances: 1, readyInstances: 1, phase: HEALTHY });
    expect(await there.objects.list('PersistentVolumeClaim')).toHaveLength(1);
  });

  test('volumes grow while the Cluster is healthy, and a smaller size is refused', async () => {
    const there = await settled();
    await respec(there, { storage: { size: '2Gi' } });
    await there.actor.step();
    expect((await statusIn(there)).resizingPVC).toEqual(['orders-1']);
    await there.actor.settle();
    const [claim] = await there.objects.list('PersistentVolumeClaim');
    expect(objectAt(objectAt(objectAt(claim ?? {}, 'spec'), 'resources'), 'requests')).toEqual({ storage: '2Gi' });
    expect(await statusIn(there)).toMatchObject({ phase: HEALTHY });
    expect((await statusIn(there)).resizingPVC).toBeUndefined();
    await respec(there, { storage: { size: '1Gi' } });
    await there.actor.settle();
    expect(await statusIn(there)).toMatchObject({
      phase: INVALID,
      phaseReason: "spec.storage.size: can't shrink existing storage",
    });
  });

  test.each<[string, JsonObject, string]>([
    ['a setting of the operator', { postgresql: { parameters: { port: '1' } } }, 'fixed configuration parameter'],
    ['a size without meaning', { storage: { size: 'much' } }, "isn't valid"],
    ['no size', { storage: {} }, 'not configured'],
  ])('%s makes a Cluster invalid until it is corrected', async (_, spec, reason) => {
    const there = await settled(spec);
    expect(await statusIn(there)).toMatchObject({ phase: INVALID, phaseReason: expect.stringContaining(reason) });
    await respec(there, SPEC);
    await there.actor.settle();
    expect(await statusIn(there)).toMatchObject({ phase: HEALTHY });
  });

  test('a broken Cluster lets nobody in until it is mended, and a failover passes by itself', async () => {
    const there = await withLogin();
    there.actor.breakCluster(PLACE);
    await there.actor.settle();
    expect(await statusIn(there)).toMatchObject({ phase: UNRECOVERABLE, phaseReason: 'broken by the test' });
    expect(await there.actor.canLogin(PLACE, 'login_a', 'first')).toBe(false);
    there.actor.mendCluster(PLACE);
    await there.actor.settle();
    expect(await there.actor.canLogin(PLACE, 'login_a', 'first')).toBe(true);
    there.actor.failOver(PLACE);
    expect(await phases(there)).toEqual(['Failing over', WAITING, HEALTHY]);
  });

  test('a Cluster whose volumes were taken away is unrecoverable', async () => {
    const there = await settled();
    for (const claim of await there.objects.list('PersistentVolumeClaim'))
      await there.objects.remove(claim, 'Background');
    await there.actor.settle();
    expect(await statusIn(there)).toMatchObject({ phase: UNRECOVERABLE });
    expect(await there.actor.read(PLACE)).toBeUndefined();
  });

  test('a delayed Cluster stands still for as many steps', async () => {
    const there = world();
    await there.objects.create(cluster());
    there.actor.delay(PLACE, Number.POSITIVE_INFINITY);
    await there.actor.settle();
    expect(await statusIn(there)).toEqual({});
    there.actor.delay(PLACE, 2);
    await there.actor.step();
    await there.actor.step();
    expect(await statusIn(there)).toEqual({});
    await there.actor.step();
    expect(await statusIn(there)).toMatchObject({ phase: 'Setting up primary' });
  });

  test('a Cluster that is dropped takes its volumes and data along, and a twin starts empty', async () => {
    const there = await settled();
    await there.objects.create(pooler());
    await there.actor.write(PLACE, 'rows');
    await there.actor.dropCluster(PLACE);
    await there.actor.settle();
    expect(await there.objects.list('PersistentVolumeClaim')).toEqual([]);
    expect(await there.actor.read(PLACE)).toBeUndefined();
    expect(await there.objects.list('Pooler')).toHaveLength(1);
    await there.objects.create(cluster());
    await there.actor.settle();
    expect(await there.actor.read(PLACE)).toBe('');
  });

  test('a deletion in the foreground waits for volumes that are held', async () => {
    const there = await settled();
    there.actor.holdVolumes(PLACE);
    await there.actor.dropCluster(PLACE, 'Foreground');
    await there.actor.settle();
    expect(metadataOf((await there.objects.get('Cluster', PLACE)) ?? {})['deletionTimestamp']).toBeDefined();
    expect((await there.objects.list('PersistentVolumeClaim')).map(finalizersOf)).toEqual([
      ['kubernetes.io/pvc-protection'],
    ]);
    there.actor.releaseVolumes(PLACE);
    const [claim = {}] = await there.objects.list('PersistentVolumeClaim');
    await there.objects.remove(claim, 'Foreground');
    await there.actor.settle();
    expect(await there.objects.get('Cluster', PLACE)).toBeUndefined();
    expect(await there.objects.list('PersistentVolumeClaim')).toEqual([]);
  });

  test('a Pooler is active when its Cluster has a primary, and inactive without pods', async () => {
    const there = await withLogin();
    await there.objects.create(pooler({ instances: 2 }));
    await there.actor.step();
    expect((await there.objects.get('Pooler', POOLER))?.['status']).toEqual({ instances: 2, phase: 'inactive' });
    await there.actor.settle();
    expect((await there.objects.get('Pooler', POOLER))?.['status']).toEqual({ instances: 2, phase: 'active' });
    expect(await there.actor.canConnect(POOLER, 'login_a', 'first')).toBe(true);
    await edit(there, 'Pooler', (object) => ({ ...object, spec: { ...objectAt(object, 'spec'), instances: 0 } }));
    await there.actor.settle();
    expect((await there.objects.get('Pooler', POOLER))?.['status']).toEqual({ phase: 'inactive' });
    expect(await there.actor.canConnect(POOLER, 'login_a', 'first')).toBe(false);
  });

  test('an operator before 1.30 says no phase of a Pooler', async () => {
    const there = await settled({}, { poolerPhases: false });
    await there.objects.create(pooler());
    await there.actor.settle();
    expect((await there.objects.get('Pooler', POOLER))?.['status']).toEqual({ instances: 1 });
  });

  test('a Pooler without a Cluster waits', async () => {
    const there = world();
    await there.objects.create(pooler());
    await there.actor.settle();
    expect((await there.objects.get('Pooler', POOLER))?.['status']).toBeUndefined();
  });

  const database = () =>
    cnpg('Database', 'orders', {
      cluster: { name: 'orders' },
      name: 'app',
      owner: 'app',
      extensions: [{ name: 'vector' }],
    });

  test('a Database is applied by a running primary, which also lets it go', async () => {
    const there = await settled();
    const made = await there.objects.create(database());
    await there.actor.settle();
    const applied = await there.objects.get('Database', PLACE);
    expect(applied?.['status']).toEqual({
      applied: true,
      observedGeneration: 1,
      extensions: [{ name: 'vector', applied: true }],
    });
    expect(finalizersOf(applied ?? {})).toEqual(['cnpg.io/deleteDatabase']);
    await annotate(there, 'on');
    await there.actor.settle();
    await there.objects.remove(made, 'Background');
    await there.actor.settle();
    expect(await there.objects.get('Database', PLACE)).toBeDefined();
    await annotate(there, 'off');
    await there.actor.settle();
    expect(await there.objects.get('Database', PLACE)).toBeUndefined();
  });

  test('a Database whose Cluster is gone is said to be lost, and let go', async () => {
    const there = await settled();
    const made = await there.objects.create(database());
    await there.actor.settle();
    await there.actor.dropCluster(PLACE);
    await there.actor.settle();
    const left = (await there.objects.get('Database', PLACE)) ?? {};
    expect(left['status']).toMatchObject({ applied: false, message: expect.stringContaining('has been deleted') });
    expect(finalizersOf(left)).toEqual([]);
    await there.objects.remove(made, 'Background');
    expect(await there.objects.get('Database', PLACE)).toBeUndefined();
  });

  test('a schedule of six fields is taken, and another one is refused in the status', async () => {
    const there = await settled();
    for (const [name, schedule] of [
      ['good', '0 0 3 * * *'],
      ['bad', '0 3 * * *'],
    ] as const)
      await there.objects.create(cnpg('ScheduledBackup', name, { cluster: { name: 'orders' }, schedule }));
    await there.actor.settle();
    const status = async (name: string) =>
      (await there.objects.get('ScheduledBackup', { namespace: NAMESPACE, name }))?.['status'];
    expect(await status('good')).toEqual({ lastCheckTime: '2026-01-01T00:00:00Z' });
    expect(await status('bad')).toEqual({ error: expect.stringContaining('exactly 6 fields') });
  });

  test('it runs by itself until it is stopped', async () => {
    const there = world();
    const stop = there.actor.run(1);
    stops.push(stop);
    await there.objects.create(cluster());
    await expect.poll(async () => (await statusIn(there)).phase).toBe(HEALTHY);
    await stop();
    await respec(there, { instances: 2 });
    const { revision } = there.api.store;
    await new Promise((resolve) => setImmediate(resolve));
    expect(there.api.store.revision).toBe(revision);
  });

  test('Clusters of one name in two namespaces do not mix', async () => {
    const there = await withLogin();
    const other: Parameters<Actor['read']>[0] = { namespace: 'other', name: 'orders' };
    await there.objects.create({ ...cluster(), metadata: { ...other } });
    await there.actor.settle();
    await there.actor.write(other, 'theirs');
    expect(await there.actor.read(PLACE)).toBe('');
    expect(await there.actor.canLogin(other, 'login_a', 'first')).toBe(false);
  });
});
