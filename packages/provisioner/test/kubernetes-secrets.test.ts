// engine: none
/** Secrets of Kubernetes as a store of passwords, on the stand-in for its API. */
import { expect, onTestFinished, test } from 'vitest';
import { connectKubernetes } from '../src/kubernetes/connect.ts';
import { createKubernetesStore } from '../src/secrets/kubernetes.ts';
import { startKubeApi } from '../src/testing/kube/server.ts';
import { ProvisionerUnavailable } from '../src/types.ts';

const labels = { installation: 'one', database: '01890000-0000-7000-8000-000000000001' };
const version = (number: number) => ({ data: { user: `u${number}`, password: `pä${number}` }, labels });

async function store() {
  const api = await startKubeApi();
  onTestFinished(() => api.close());
  return { api, secrets: createKubernetesStore(connectKubernetes({ url: api.url, token: api.token })) };
}

test('a secret is read back as it was written, listed without its data, and gone after its removal', async () => {
  const { secrets } = await store();
  expect(await secrets.read('default', 'orders')).toBeNull();
  await secrets.remove('default', 'orders');
  await secrets.write('default', 'orders', version(1));
  await secrets.write('default', 'orders', version(2));
  await secrets.write('other', 'orders', version(3));
  expect(await secrets.read('default', 'orders')).toEqual(version(2));
  expect(await secrets.list()).toEqual(
    expect.arrayContaining([
      { namespace: 'default', name: 'orders', labels },
      { namespace: 'other', name: 'orders', labels },
    ]),
  );
  await secrets.remove('default', 'orders');
  expect([await secrets.read('default', 'orders'), (await secrets.list()).length]).toEqual([null, 1]);
});

test('keys that a new version lacks are gone', async () => {
  const { secrets } = await store();
  await secrets.write('default', 'orders', version(1));
  await secrets.write('default', 'orders', { data: { user: 'u2' }, labels });
  expect((await secrets.read('default', 'orders'))?.data).toEqual({ user: 'u2' });
});

test('a right that is missing is named, and no password', async () => {
  const { api, secrets } = await store();
  api.faults.next({ kind: 'status', code: 403 }, { method: 'PATCH' });
  const failure: unknown = await secrets.write('default', 'orders', version(1)).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ProvisionerUnavailable);
  expect(String(failure)).toContain('not allowed to patch secrets in namespace default');
  expect(String(failure)).not.toContain('pä1');
});
