/** Secrets of Kubernetes, for databases that are made elsewhere: their consumers mount them. */
import { type KubeClient, type KubeObject, KubernetesFailure, SECRET } from '../kubernetes/api.ts';
import { ProvisionerUnavailable } from '../types.ts';
import type { Secret, SecretStore } from './types.ts';

/** In front of our labels. */
const PREFIX = 'tenant-registry/';
/** Tells these Secrets from those that a provisioner in Kubernetes makes beside its clusters. */
const STORE_LABEL = { 'tenant-registry/store': 'secrets' } as const;
const CALL_MS_MAX = 10_000;

/** Returns the store in the API that the client reaches. It connects when it is first used. */
export function createKubernetesStore(connect: () => Promise<KubeClient>): SecretStore {
  let connected: Promise<KubeClient> | undefined;
  async function call<T>(work: (client: KubeClient, signal: AbortSignal) => Promise<T>): Promise<T> {
    connected ??= connect();
    try {
      return await work(await connected, AbortSignal.timeout(CALL_MS_MAX));
    } catch (error) {
      // What the API refuses of a secret is a right that is missing there: its message says which, and a later pass may find it.
      if (error instanceof KubernetesFailure) throw new ProvisionerUnavailable(error.message, { cause: error });
      throw error;
    }
  }
  const find = (
    client: KubeClient,
    place: { readonly namespace: string; readonly name: string },
    signal: AbortSignal,
  ) => client.get(SECRET, place, signal);
  return {
    read: (namespace, name) =>
      call(async (client, signal) => {
        const found = await find(client, { namespace, name }, signal);
        return found === undefined ? null : { data: textsOf(found), labels: labelsOf(found) };
      }),
    write: (namespace, name, secret) =>
      call(async (client, signal) => {
        await client.apply(objectOf(namespace, name, secret), signal);
      }),
    remove: (namespace, name) =>
      call(async (client, signal) => {
        const found = await find(client, { namespace, name }, signal);
        if (found !== undefined) await client.delete(found, signal);
      }),
    list: () =>
      call(async (client, signal) => {
        const [[label, value]] = Object.entries(STORE_LABEL) as [[string, string]];
        const { items } = await client.list(SECRET, { labelSelector: `${label}=${value}` }, signal);
        return items.map((item) => {
          const { namespace, name } = item.metadata;
          return { namespace, name, labels: labelsOf(item) };
        });
      }),
    reference: (namespace, name, keys) => ({ kind: 'kubernetes', namespace, name, keys }),
  };
}

function objectOf(namespace: string, name: string, { data, labels }: Secret): KubeObject {
  const marks = Object.entries(labels).map(([label, value]) => [`${PREFIX}${label}`, value]);
  const coded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return {
    apiVersion: SECRET.apiVersion,
    kind: SECRET.kind,
    metadata: { namespace, name, labels: { ...Object.fromEntries(marks), ...STORE_LABEL } },
    type: 'Opaque',
    data: Object.fromEntries(coded),
  };
}

function textsOf({ data = {} }: KubeObject): Secret['data'] {
  return Object.fromEntries(Object.entries(data).map(([key, coded]) => [key, Buffer.from(coded, 'base64').toString()]));
}

function labelsOf({ metadata: { labels = {} } }: KubeObject): Secret['labels'] {
  const ours = Object.entries(labels).filter(([label]) => label.startsWith(PREFIX) && !(label in STORE_LABEL));
  return Object.fromEntries(ours.map(([label, value]) => [label.slice(PREFIX.length), value]));
}
