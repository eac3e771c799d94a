// engine: none
import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CLUSTER, type KubeClient, type KubeObject, POOLER, resourceOf, SECRET } from '../src/kubernetes/api.ts';
import { createKubeClient } from '../src/kubernetes/client.ts';
import { clusterManifest } from '../src/kubernetes/manifests.ts';
import { createCnpgProvisioner } from '../src/kubernetes/provisioner.ts';
import { RBAC_RULES } from '../src/kubernetes/rbac.ts';
import { newOrder } from '../src/testing/order.ts';
import type { Desired, Provisioner } from '../src/types.ts';
import { APIS, send, type TestApi } from './support/raw-api.ts';

const never = new AbortController().signal;

describe.each(APIS.map((each) => [each.name, each] as const))('without an operator on %s', (name, { there, open }) => {
  let api: TestApi;
  let person: KubeClient;
  let provisioner: Provisioner;
  let installation: string;
  let orders: Desired[];
  /** Runs once, before the next apply of the provisioner. */
  let beforeApply: (() => Promise<void>) | undefined;

  beforeEach(async () => {
    api = await open();
    person = createKubeClient(api);
    orders = [];
    beforeApply = undefined;
    installation = `test-${randomUUID().slice(0, 8)}`;
    provisioner = createCnpgProvisioner({
      installation,
      client: () => ({
        ...person,
        async apply(object, signal) {
          const hook = beforeApply;
          beforeApply = undefined;
          await hook?.();
          return person.apply(object, signal);
        },
      }),
    });
  });

  afterEach(async () => {
    for (const desired of orders) for (const object of await objectsOf(desired)) await vanish(object);
    await provisioner.close();
    await api.close();
  });

  const on = there ? test : test.skip;
  const real = name === 'KUBE_API_URL' ? on : test.skip;
  const pass = (desired: Desired) => provisioner.reconcile(desired, never);

  function order(changed: Parameters<typeof newOrder>[0] = {}): Desired {
    const desired = newOrder({ spec: { backup_schedule: '0 0 3 * * *', extensions: ['pg_trgm'] }, ...changed });
    orders.push(desired);
    return desired;
  }

  async function made(): Promise<Desired> {
    const desired = order();
    return { ...desired, external_uid: (await pass(desired)).external_uid };
  }

  const clusterOf = ({ names }: Desired) =>
    person.get(CLUSTER, { namespace: names.namespace, name: names.cluster }, never);

  async function objectsOf({ id }: Desired): Promise<KubeObject[]> {
    const scope = { labelSelector: `tenant-registry/database=${id}` };
    const kinds = (await provisioner.list(never)).filter((each) => each.id === id);
    const resources = [...new Set(kinds.map(({ kind }) => kind))].map((kind) =>
      resourceOf({ apiVersion: '', kind, metadata: { namespace: '', name: '' } }),
    );
    return (await Promise.all(resources.map((each) => person.list(each, scope, never)))).flatMap(({ items }) => items);
  }

  const pathOf = (object: KubeObject) => {
    const { apiVersion, plural } = resourceOf(object);
    const root = apiVersion.includes('/') ? '/apis' : '/api';
    return `${root}/${apiVersion}/namespaces/${object.metadata.namespace}/${plural}/${object.metadata.name}`;
  };

  /** Takes an object away at once, whoever waits for it. */
  async function vanish(object: KubeObject): Promise<void> {
    const there = await person.get(resourceOf(object), object.metadata, never);
    if (there === undefined) return;
    await send(api, 'PUT', pathOf(object), { ...there, metadata: { ...there.metadata, finalizers: [] } });
    if ((await person.get(resourceOf(object), object.metadata, never)) === undefined) return;
    await send(api, 'DELETE', pathOf(object), {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: 'Background',
    });
  }

  async function vanishCluster(desired: Desired): Promise<void> {
    const cluster = await clusterOf(desired);
    if (cluster !== undefined) await vanish(cluster);
  }

  on('the first pass makes everything, and a second one writes nothing', async () => {
    const desired = await made();
    const versions = async () =>
      (await objectsOf(desired)).map(({ kind, metadata }) => `${kind} ${metadata.resourceVersion}`);
    const before = await versions();
    expect(before).toHaveLength(5);
    expect(await pass(desired)).toMatchObject({ phase: 'working', reason: 'waiting_for_database', repaired: [] });
    expect(await versions()).toEqual(before);
  });

  on('a setting that a tier drops is dropped', async () => {
    const desired = await made();
    await pass({ ...desired, spec: { ...desired.spec, parameters: {}, backup_schedule: null } });
    const cluster = await clusterOf(desired);
    expect(cluster?.spec?.['postgresql']).toEqual({ parameters: { max_connections: '30' } });
    expect(cluster?.spec).not.toHaveProperty('backup');
    const left = (await objectsOf(desired)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    expect(left.map(({ kind }) => kind).sort()).toEqual(['Cluster', 'Database', 'Pooler', 'Secret']);
  });

  on('an object of that name that is not ours is a conflict, and is not touched', async () => {
    const desired = order();
    const { namespace, pooler, cluster } = desired.names;
    const labels = { 'tenant-registry/database': desired.id, 'tenant-registry/installation': `${installation}-other` };
    const metadata = { namespace, name: pooler, labels };
    const spec = { cluster: { name: cluster }, pgbouncer: {} };
    const foreign = await person.create({ apiVersion: POOLER.apiVersion, kind: 'Pooler', metadata, spec }, never);
    const observed = await pass(desired);
    expect(observed).toMatchObject({ phase: 'failed', reason: 'conflict', in_sync: false });
    expect(observed.message).toContain(pooler);
    expect(await pass({ ...desired, want: 'destroyed' })).toMatchObject({ phase: 'gone' });
    expect((await person.get(POOLER, metadata, never))?.metadata.resourceVersion).toBe(
      foreign.metadata.resourceVersion,
    );
    expect(await objectsOf(desired)).toEqual([]);
    await vanish(foreign);
  });

  on.each(['running', 'asleep', 'retained'] as const)(
    'a lost database that shall be %s is not made anew',
    async (want) => {
      const desired: Desired = { ...(await made()), want };
      await vanishCluster(desired);
      expect(await pass(desired)).toMatchObject({ phase: 'lost', in_sync: false });
      expect(await clusterOf(desired)).toBeUndefined();
    },
  );

  on('a Cluster that goes within a pass is lost, and the API itself refuses to make it anew', async () => {
    const desired = await made();
    beforeApply = () => vanishCluster(desired);
    expect(await pass({ ...desired, spec: { ...desired.spec, instances: 3 } })).toMatchObject({ phase: 'lost' });
    expect(beforeApply).toBeUndefined();
    expect(await clusterOf(desired)).toBeUndefined();
  });

  on(
    'a Cluster that is replaced within a pass is lost, and the API itself refuses to change the other one',
    async () => {
      const desired = await made();
      beforeApply = async () => {
        await vanishCluster(desired);
        const facts = { installation, open: { a: true, b: false }, uid: undefined, settled: undefined };
        await person.create(clusterManifest(desired, facts), never);
      };
      expect(await pass({ ...desired, spec: { ...desired.spec, instances: 3 } })).toMatchObject({ phase: 'lost' });
      const twin = await clusterOf(desired);
      expect(twin?.metadata.uid).not.toBe(desired.external_uid);
      expect(twin?.spec?.['instances']).toBe(1);
    },
  );

  on('a Cluster that is being deleted is lost, and its successor waits until it is gone', async () => {
    const desired = await made();
    const cluster = await clusterOf(desired);
    if (cluster !== undefined) await person.delete(cluster, never);
    expect(await pass(desired)).toMatchObject({ phase: 'lost' });
    expect(await pass({ ...desired, external_uid: null })).toMatchObject({ reason: 'waiting_for_finalizer' });
  });

  on('an order that the API refuses is refused, with its reason', async () => {
    const { spec } = order();
    const observed = await pass(order({ spec: { ...spec, instances: 0 } }));
    expect(observed).toMatchObject({ phase: 'failed', reason: 'refused' });
    expect(observed.message).toContain('spec.instances');
  });

  on('a field of a wrong type is a refusal, although the API answers 500', async () => {
    const { metadata } = (await clusterOf(await made())) ?? {};
    const place = { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
    const wrong = { apiVersion: CLUSTER.apiVersion, kind: 'Cluster', metadata: place, spec: { colour: 'red' } };
    const refused = { name: 'KubernetesFailure', kind: 'refused', message: expect.stringContaining('.spec.colour') };
    await expect(person.apply(wrong, never)).rejects.toMatchObject(refused);
  });

  on('a namespace that is missing is a refusal', async () => {
    const desired = order();
    const observed = await pass({ ...desired, names: { ...desired.names, namespace: 'nowhere' } });
    // The stand-in has every namespace.
    if (name === 'KUBE_API_URL')
      expect(observed).toMatchObject({
        phase: 'failed',
        reason: 'refused',
        message: expect.stringContaining('nowhere'),
      });
    else expect(observed.phase).toBe('working');
  });

  on('a destruction names the finalizers that it waits for', async () => {
    const desired: Desired = { ...(await made()), want: 'destroyed' };
    const cluster = await clusterOf(desired);
    if (cluster === undefined) throw new Error('there is no Cluster');
    await send(api, 'PUT', pathOf(cluster), {
      ...cluster,
      metadata: { ...cluster.metadata, finalizers: ['example.org/archive'] },
    });
    expect(await pass(desired)).toMatchObject({ phase: 'working', reason: 'removing' });
    const waiting = await pass(desired);
    expect(waiting).toMatchObject({ phase: 'working', reason: 'waiting_for_finalizer' });
    expect(waiting.message).toContain('example.org/archive');
  });

  on('a database is gone after its volumes, and its Secrets go last', async () => {
    const desired: Desired = { ...(await made()), want: 'destroyed' };
    const { namespace, cluster } = desired.names;
    const volume: KubeObject = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { namespace, name: `${cluster}-1`, labels: { 'cnpg.io/cluster': cluster } },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    };
    await person.create(volume, never);
    await pass(desired);
    for (const object of await objectsOf(desired)) if (object.kind !== 'Secret') await vanish(object);
    const waiting = await pass(desired);
    expect(waiting).toMatchObject({ phase: 'working' });
    expect(waiting.message).toContain(`${cluster}-1`);
    expect(await objectsOf(desired)).toMatchObject([{ kind: 'Secret' }]);
    await vanish(volume);
    expect(await pass(desired)).toMatchObject({ phase: 'working', reason: 'removing' });
    expect(await objectsOf(desired)).toEqual([]);
    expect(await pass(desired)).toMatchObject({ phase: 'gone' });
  });

  on('the watch tells of databases whose objects change', async () => {
    const told: string[] = [];
    const stop = new AbortController();
    let over: Promise<void> | undefined;
    await new Promise<void>((live, broken) => {
      over = provisioner.watch?.({ changed: (id) => told.push(id), live }, stop.signal);
      over?.catch(broken);
    });
    const { id, names } = await made();
    await expect.poll(() => told).toContain(id);
    told.length = 0;
    const login = await person.get(SECRET, { namespace: names.namespace, name: names.logins.a }, never);
    if (login !== undefined) await vanish(login);
    await expect.poll(() => told).toContain(id);
    stop.abort();
    await over;
  });

  real('an account with the rights of the role suffices, read from a kubeconfig', async () => {
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    const user = `registry-${installation}`;
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: user };
    await send(api, 'POST', `${rbac}/clusterroles`, { metadata: { name: user }, rules: RBAC_RULES });
    await send(api, 'POST', `${rbac}/clusterrolebindings`, {
      metadata: { name: user },
      roleRef,
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
    });
    const own = createCnpgProvisioner({
      installation,
      client: () => createKubeClient({ kubeconfig: kubeconfigOf(api, user) }),
    });
    const desired = order();
    await expect.poll(async () => (await own.reconcile(desired, never)).phase).toBe('working');
    expect(await own.list(never)).toHaveLength(5);
    const stop = new AbortController();
    const watched = new Promise<void>((live, broken) => {
      own.watch?.({ changed: () => {}, live }, stop.signal).catch(broken);
    });
    await watched;
    stop.abort();
    expect(await own.reconcile({ ...desired, want: 'destroyed' }, never)).toMatchObject({ reason: 'removing' });
    await own.close();
    await send(api, 'DELETE', `${rbac}/clusterrolebindings/${user}`);
    await send(api, 'DELETE', `${rbac}/clusterroles/${user}`);
  });
});

function kubeconfigOf({ url, token, ca }: TestApi, as: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'kubeconfig-')), 'config');
  const cluster = { server: url, 'certificate-authority-data': Buffer.from(ca ?? '').toString('base64') };
  const config = {
    clusters: [{ name: 'api', cluster }],
    users: [{ name: 'person', user: { token, as } }],
    contexts: [{ name: 'test', context: { cluster: 'api', user: 'person' } }],
    'current-context': 'test',
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}
