// engine: none
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type KubeClient, SECRET } from '../src/kubernetes/api.ts';
import { createKubeClient } from '../src/kubernetes/client.ts';
import { connectKubernetes } from '../src/kubernetes/connect.ts';
import { createCnpgProvisioner } from '../src/kubernetes/provisioner.ts';
import { RBAC_RULES } from '../src/kubernetes/rbac.ts';
import { crdsFolder, loadCrds } from '../src/testing/kube/crds.ts';
import { type KubeApi, startKubeApi } from '../src/testing/kube/server.ts';
import { newOrder } from '../src/testing/order.ts';
import type { Desired, Provisioner } from '../src/types.ts';

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

const fullOrder = () => newOrder({ spec: { backup_schedule: '0 0 3 * * *', extensions: ['pg_trgm'] } });
const pass = (desired: Desired) => provisioner.reconcile(desired, never);
const addressOf = ({ names }: Desired) => ({
  group: 'postgresql.cnpg.io',
  plural: 'clusters',
  namespace: names.namespace,
  name: names.cluster,
});
/** Makes a Cluster, and returns what the next pass is asked. */
async function made(desired = fullOrder()): Promise<Desired> {
  return { ...desired, external_uid: (await pass(desired)).external_uid };
}

describe.skipIf(folder === undefined)('on an API without an operator', () => {
  test('a pass that is cut before or after any call is gone on with by the next one', async () => {
    const calls = async (desired: Desired) => {
      const before = api.requests.length;
      await pass(desired);
      return api.requests.length - before;
    };
    await pass(fullOrder()); // the first one of all marks the namespace
    const count = await calls(fullOrder());
    for (const kind of ['cut-before', 'cut-after'] as const)
      for (let call = 0; call < count; call += 1) {
        const desired = fullOrder();
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
    const desired = fullOrder();
    await Promise.all([pass(desired), pass(desired).catch(() => undefined)]);
    const { namespace, logins } = desired.names;
    const first = await person.get(SECRET, { namespace, name: logins.a }, never);
    await pass(desired);
    const second = await person.get(SECRET, { namespace, name: logins.a }, never);
    expect(second?.data).toEqual(first?.data);
    expect(Buffer.from(first?.data?.['password'] ?? '', 'base64')).toHaveLength(43);
  });

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

  test('an API that cannot answer now is asked again', async () => {
    const desired = await made();
    for (const code of [401, 429, 500, 503] as const) {
      api.faults.next({ kind: 'status', code });
      await expect(pass(desired)).rejects.toMatchObject({ name: 'ProvisionerUnavailable' });
    }
    expect(await pass(desired)).toMatchObject({ phase: 'working' });
  });

  test('no answer to the registry, and no request line, holds a password', async () => {
    const desired = fullOrder();
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
    const desired = fullOrder();
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
    const observed = await pass(fullOrder());
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

  test('tells of every database whose objects change, also while its lines come in pieces', async () => {
    const stop = new AbortController();
    api.faults.watches.chunkBytes = 3;
    const { told, over } = await watching(stop.signal);
    const first = await made();
    await expect.poll(() => told).toContain(first.id);
    const second = await made();
    await expect.poll(() => told).toContain(second.id);
    stop.abort();
    await over;
  });

  test('lists again what the API has forgotten, and tells of all that is there', async () => {
    const first = await made();
    const stop = new AbortController();
    const told: string[] = [];
    let watches = 0;
    const client: KubeClient = {
      ...person,
      async watch(resource, scope, signal) {
        watches += 1;
        // The first watches end in order, and the API forgets all revisions before they can go on.
        if (watches > 3) return person.watch(resource, scope, signal);
        await made();
        api.store.compact();
        return (async function* () {})();
      },
    };
    const own = createCnpgProvisioner({ installation: 'main', client: () => client });
    const over = own.watch?.({ changed: (id) => told.push(id), live: () => {} }, stop.signal);
    await expect.poll(() => watches).toBeGreaterThan(6);
    const last = await made();
    await expect.poll(() => told).toEqual(expect.arrayContaining([first.id, last.id]));
    stop.abort();
    await over;
    await own.close();
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
