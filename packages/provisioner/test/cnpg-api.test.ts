// engine: none
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CLUSTER, type KubeObject, SECRET } from '../src/kubernetes/api.ts';
import { createKubeClient } from '../src/kubernetes/client.ts';
import { connectKubernetes } from '../src/kubernetes/connect.ts';
import { createCnpgProvisioner } from '../src/kubernetes/provisioner.ts';
import { RBAC_RULES } from '../src/kubernetes/rbac.ts';
import { crdsFolder, loadCrds } from '../src/testing/kube/crds.ts';
import { type KubeApi, startKubeApi } from '../src/testing/kube/server.ts';
import type { Desired, Provisioner } from '../src/types.ts';
import { desiredDatabase } from './support/desired.ts';

const folder = crdsFolder();
const never = new AbortController().signal;

let api: KubeApi;
let provisioner: Provisioner;
let person: ReturnType<typeof createKubeClient>;

beforeEach(async () => {
  api = await startKubeApi({ types: folder === undefined ? [] : loadCrds(folder) });
  const access = { url: api.url, token: api.token };
  provisioner = createCnpgProvisioner({ installation: 'main', client: connectKubernetes(access) });
  person = createKubeClient(access);
});

afterEach(async () => {
  person.close();
  await provisioner.close();
  await api.close();
});

const pass = (desired: Desired) => provisioner.reconcile(desired, never);
const writes = () => api.requests.filter(({ method }) => method !== 'GET').length;
const addressOf = ({ names }: Desired) => ({
  group: 'postgresql.cnpg.io',
  plural: 'clusters',
  namespace: names.namespace,
  name: names.cluster,
});
const clusterOf = ({ names }: Desired) =>
  person.get(CLUSTER, { namespace: names.namespace, name: names.cluster }, never);

function secretOf({ names }: Desired, name: string, data: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: names.namespace, name }, data };
}

/** Makes a Cluster, and returns what the next pass is asked. */
async function made(desired = desiredDatabase()): Promise<Desired> {
  return { ...desired, external_uid: (await pass(desired)).external_uid };
}

describe.skipIf(folder === undefined)('on an API without an operator', () => {
  // proves D9, D10
  test('the first pass makes everything, and a second one changes nothing', async () => {
    const desired = await made();
    const { revision } = api.store;
    expect(await pass(desired)).toMatchObject({ phase: 'working', reason: 'waiting_for_database', repaired: [] });
    expect(api.store.revision).toBe(revision);
    const kinds = (await provisioner.list(never)).map(({ id, kind }) => `${kind} ${id === desired.id}`);
    expect(kinds.sort()).toEqual(
      ['Cluster', 'Database', 'Pooler', 'ScheduledBackup', 'Secret'].map((kind) => `${kind} true`),
    );
  });

  test('a pass that is cut before or after any call is gone on with by the next one', async () => {
    const calls = async (desired: Desired) => {
      const before = api.requests.length;
      await pass(desired);
      return api.requests.length - before;
    };
    const count = await calls(desiredDatabase());
    for (const kind of ['cut-before', 'cut-after'] as const)
      for (let call = 0; call < count; call += 1) {
        const desired = desiredDatabase();
        let seen = -1;
        const stop = api.faults.onRequest(() => {
          seen += 1;
          if (seen === call) api.faults.next({ kind });
        });
        await expect(pass(desired)).rejects.toMatchObject({ name: 'ProvisionerUnavailable' });
        stop();
        api.faults.clear();
        await made(desired);
        const all = (await provisioner.list(never)).filter(({ id }) => id === desired.id);
        expect(all).toHaveLength(5);
      }
  });

  test('of two first passes at once, both take one password', async () => {
    const desired = desiredDatabase();
    await Promise.all([pass(desired), pass(desired).catch(() => undefined)]);
    const { namespace, logins } = desired.names;
    const first = await person.get(SECRET, { namespace, name: logins.a }, never);
    await pass(desired);
    const second = await person.get(SECRET, { namespace, name: logins.a }, never);
    expect(second?.data).toEqual(first?.data);
    expect(Buffer.from(first?.data?.['password'] ?? '', 'base64')).toHaveLength(43);
  });

  test.each(['cluster', 'pooler', 'credentials'] as const)(
    'a %s of that name that is not ours is not touched',
    async (part) => {
      const desired = desiredDatabase();
      const other = desiredDatabase({ names: desired.names });
      if (part === 'credentials')
        await person.create(secretOf(desired, desired.names.credentials, { user: 'eA==' }), never);
      else await pass(other);
      const { revision } = api.store;
      const observed = await pass(
        part === 'pooler' ? { ...desired, names: { ...desired.names, cluster: 'free' } } : desired,
      );
      expect(observed).toMatchObject({ phase: 'failed', reason: 'conflict', in_sync: false });
      expect(await pass({ ...desired, want: 'destroyed' })).toMatchObject({ phase: 'gone' });
      expect(api.store.revision).toBe(revision);
    },
  );

  test('a database of another registry is not touched', async () => {
    const desired = await made();
    const client = connectKubernetes({ url: api.url, token: api.token });
    const other = createCnpgProvisioner({ installation: 'other', client });
    const { revision } = api.store;
    expect(await other.reconcile(desired, never)).toMatchObject({ phase: 'failed', reason: 'conflict' });
    expect(await other.list(never)).toEqual([]);
    expect(api.store.revision).toBe(revision);
    await other.close();
  });

  test.each(['running', 'asleep', 'retained'] as const)(
    'a lost database that shall be %s is not made anew',
    async (want) => {
      const desired = { ...(await made()), want };
      api.store.delete(addressOf(desired));
      const before = writes();
      expect(await pass(desired)).toMatchObject({ phase: 'lost', in_sync: false });
      expect(writes()).toBe(before);
    },
  );

  test.each(['nothing', 'a twin'])(
    'a Cluster that is replaced by %s within a pass is lost, and nothing is made',
    async (what) => {
      const desired = await made();
      const cluster = api.store.get(addressOf(desired));
      api.faults.onAnswered(7, () => {
        api.store.delete(addressOf(desired));
        const metadata = { ...(cluster?.['metadata'] as object), uid: 'of-a-twin' };
        if (what === 'a twin') api.store.put(addressOf(desired), { ...cluster, metadata });
      });
      const changed = { ...desired, spec: { ...desired.spec, instances: 3 } };
      expect(await pass(changed)).toMatchObject({ phase: 'lost' });
      const uid = (await clusterOf(desired))?.metadata.uid;
      expect(uid).toBe(what === 'a twin' ? 'of-a-twin' : undefined);
    },
  );

  test('a Cluster that someone is deleting is lost, and its successor waits until it is gone', async () => {
    const desired = await made();
    const cluster = await clusterOf(desired);
    if (cluster !== undefined) await person.delete(cluster, never);
    expect(await pass(desired)).toMatchObject({ phase: 'lost' });
    expect(await pass({ ...desired, external_uid: null })).toMatchObject({ reason: 'waiting_for_finalizer' });
  });

  test('an order that the API refuses is refused, with the reason of the API', async () => {
    const observed = await pass(desiredDatabase({}, { instances: 0 }));
    expect(observed).toMatchObject({ phase: 'failed', reason: 'refused' });
    expect(observed.message).toContain('spec.instances');
  });

  test('an API that cannot answer now is asked again', async () => {
    const desired = await made();
    for (const code of [401, 429, 500, 503] as const) {
      api.faults.next({ kind: 'status', code });
      await expect(pass(desired)).rejects.toMatchObject({ name: 'ProvisionerUnavailable' });
    }
    expect(await pass(desired)).toMatchObject({ phase: 'working' });
  });

  test('the registry takes away what waits for nothing, and names the finalizers of what waits', async () => {
    const desired: Desired = { ...(await made()), want: 'destroyed' };
    const cluster = api.store.get(addressOf(desired));
    const metadata = { ...(cluster?.['metadata'] as object), finalizers: ['example.org/archive'] };
    api.store.put(addressOf(desired), { ...cluster, metadata });
    expect(await pass(desired)).toMatchObject({ phase: 'working', reason: 'removing' });
    const waiting = await pass(desired);
    expect(waiting).toMatchObject({ phase: 'working', reason: 'waiting_for_finalizer' });
    expect(waiting.message).toContain('example.org/archive');
  });

  // proves D17
  test('a database is gone only after its volumes, and its Secrets go last', async () => {
    const desired: Desired = { ...(await made()), want: 'destroyed' };
    const { namespace, cluster } = desired.names;
    const volume = { group: '', plural: 'persistentvolumeclaims', namespace, name: `${cluster}-1` };
    const labels = { 'cnpg.io/cluster': cluster };
    api.store.put(volume, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { namespace, name: `${cluster}-1`, uid: 'volume', labels },
    });
    await pass(desired);
    for (const { plural, name } of await objectsOf(desired))
      if (plural !== 'secrets') api.store.delete({ ...addressOf(desired), plural, name });
    const waiting = await pass(desired);
    expect(waiting).toMatchObject({ phase: 'working', reason: 'removing' });
    expect(waiting.message).toContain(`${cluster}-1`);
    expect(await provisioner.list(never)).toMatchObject([{ kind: 'Secret' }]);
    api.store.delete(volume);
    expect(await pass(desired)).toMatchObject({ phase: 'working', reason: 'removing' });
    expect(await provisioner.list(never)).toEqual([]);
    expect(await pass(desired)).toMatchObject({ phase: 'gone' });
  });

  test('no answer to the registry, and no request line, holds a password', async () => {
    const desired = desiredDatabase();
    const observed = [await pass(desired), await pass(desired)];
    const { namespace, logins } = desired.names;
    const secret = await person.get(SECRET, { namespace, name: logins.a }, never);
    const encoded = secret?.data?.['password'] ?? 'missing';
    const text = JSON.stringify([observed, api.requests]);
    expect(text).not.toContain(encoded);
    expect(text).not.toContain(Buffer.from(encoded, 'base64').toString());
  });

  test('the rights of the role suffice, and each of them is used', async () => {
    const used = new Set<string>();
    const granted = RBAC_RULES.flatMap(({ apiGroups, resources, verbs }) =>
      verbs.map((verb) => `${verb} ${apiGroups[0]}/${resources[0]}`),
    );
    api.allow = ({ verb, group, resource }) => {
      used.add(`${verb} ${group}/${resource}`);
      return granted.includes(`${verb} ${group}/${resource}`);
    };
    const ended = new AbortController();
    const desired = desiredDatabase();
    await pass(desired);
    await new Promise<void>((live) => {
      void provisioner.watch?.({ changed: () => {}, live }, ended.signal);
    });
    ended.abort();
    await provisioner.list(never);
    const gone: Desired = { ...desired, want: 'destroyed' };
    await pass(gone);
    for (const { plural, name } of await objectsOf(desired))
      if (plural !== 'secrets') api.store.delete({ ...addressOf(desired), plural, name });
    await pass(gone);
    // An apply that makes an object needs `create` as well, which a real API asks its authorizer for within the `patch`.
    const asked = granted.filter((right) => !/^create postgresql/.test(right));
    expect([...used].filter((right) => !/^create postgresql/.test(right)).sort()).toEqual(asked.sort());
  });

  test('an account without a right is told which one', async () => {
    api.allow = ({ verb, resource }) => !(verb === 'patch' && resource === 'poolers');
    const observed = await pass(desiredDatabase());
    expect(observed).toMatchObject({ phase: 'failed', reason: 'refused' });
    expect(observed.message).toContain('not allowed to patch poolers.postgresql.cnpg.io in namespace default');
  });
});

describe.skipIf(folder === undefined)('the watch', () => {
  const ended = new AbortController();
  afterEach(() => ended.abort());

  /** Starts to watch; resolves once the watch stands. */
  async function watching(signal: AbortSignal) {
    const told: string[] = [];
    let over: Promise<void> | undefined;
    await new Promise<void>((live, broken) => {
      over = provisioner.watch?.({ changed: (id) => told.push(id), live }, signal);
      over?.catch(broken);
    });
    return { told, over };
  }

  test('tells of every database whose objects change, also while its connections are cut and its lines are broken', async () => {
    const stop = new AbortController();
    const { told, over } = await watching(stop.signal);
    const first = await made();
    await expect.poll(() => told).toContain(first.id);
    const second = await made();
    await expect.poll(() => told).toContain(second.id);
    stop.abort();
    await over;
  });

  test('breaks when the API is cut off, and says so', async () => {
    const { over } = await watching(never);
    const broken = expect(over).rejects.toMatchObject({ name: 'ProvisionerUnavailable' });
    await api.close();
    await broken;
  });
});

async function objectsOf(desired: Desired): Promise<{ plural: string; name: string }[]> {
  const all = await provisioner.list(never);
  const plural = (kind: string) => `${kind.toLowerCase()}s`;
  return all.filter(({ id }) => id === desired.id).map(({ kind, name }) => ({ plural: plural(kind), name }));
}
