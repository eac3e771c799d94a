/** An API of Kubernetes with an operator that behaves like CloudNativePG, and time that moves with the operator's steps. */
import { randomUUID } from 'node:crypto';
import { CLUSTER, type KubeAccess, type KubeClient, type KubeObject, SECRET } from '../../src/kubernetes/api.ts';
import { createKubeClient } from '../../src/kubernetes/client.ts';
import { createCnpgProvisioner } from '../../src/kubernetes/provisioner.ts';
import type { ContractHarness } from '../../src/testing/contract.ts';
import { type Actor, createActor } from '../../src/testing/kube/actor.ts';
import { loadCrds } from '../../src/testing/kube/crds.ts';
import { type KubeApi, startKubeApi } from '../../src/testing/kube/server.ts';
import { newOrder } from '../../src/testing/order.ts';
import { type Desired, ProvisionerUnavailable } from '../../src/types.ts';

const never = new AbortController().signal;
const STEP_MS = 3_000;

export interface KubeWorld {
  readonly api: KubeApi;
  readonly actor: Actor;
  readonly access: KubeAccess;
  readonly now: () => number;
  /** One step of the operator, three seconds long. */
  step(): Promise<void>;
  close(): Promise<void>;
}

/** Starts the API and its operator, which stands still between steps. */
export async function openKubeWorld(
  folder: string,
  options: { readonly poolerPhases?: boolean } = {},
): Promise<KubeWorld> {
  let time = Date.now();
  const now = () => time;
  const clock = () => new Date(time);
  const api = await startKubeApi({ types: loadCrds(folder), clock });
  const actor = createActor({ api, clock, ...options });
  return {
    api,
    actor,
    access: { url: api.url, token: api.token },
    now,
    async step() {
      time += STEP_MS;
      await actor.step();
    },
    close: api.close,
  };
}

/** The contract's view of the world; without an actor of ours, of one in which a real operator works. */
export async function openCnpg(
  world: Pick<KubeWorld, 'access' | 'now' | 'step'> & { readonly actor?: Actor },
): Promise<ContractHarness> {
  const { access, actor, now } = world;
  const person = createKubeClient(access);
  const cut = cuttable(createKubeClient(access));
  const installation = `test-${randomUUID().slice(0, 8)}`;
  const provisioner = createCnpgProvisioner({ installation, client: () => cut.client, now });
  const stranger = createCnpgProvisioner({
    installation: `${installation}-other`,
    client: () => createKubeClient(access),
    now,
  });
  const change = async (desired: Desired, spec: object) => {
    const cluster = await person.get(CLUSTER, clusterPlace(desired), never);
    if (cluster === undefined) throw new Error('there is no Cluster to change');
    const { managedFields: _, ...metadata } = cluster.metadata;
    await person.apply({ ...cluster, metadata, spec: { ...cluster.spec, ...spec } }, never);
  };
  return {
    provisioner,
    stranger,
    order: () => newOrder(),
    settle: world.step,
    abortAfter: cut.after,
    async credentials({ names }) {
      const place = { namespace: names.namespace, name: names.credentials };
      const secret = await person.get(SECRET, place, never);
      const text = (key: string) => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString();
      return secret === undefined ? null : { user: text('user'), password: text('password') };
    },
    ...(actor && insideOf(actor)),
    drifts: [
      {
        what: 'a parameter of PostgreSQL',
        repaired: 'parameter work_mem',
        change: (desired) => change(desired, { postgresql: { parameters: { work_mem: '1MB' } } }),
      },
    ],
    async occupy({ names }) {
      const metadata = { namespace: names.namespace, name: names.logins.a };
      await person.create({ apiVersion: 'v1', kind: 'Secret', metadata }, never);
    },
    async close() {
      await Promise.all([provisioner.close(), stranger.close()]);
      person.close();
    },
  };
}

const clusterPlace = ({ names }: Desired) => ({ namespace: names.namespace, name: names.cluster });

/** What only the operator of the stand-in can show: the inside of PostgreSQL. */
function insideOf(actor: Actor): Pick<ContractHarness, 'logIn' | 'keep' | 'kept' | 'drop'> {
  return {
    logIn: ({ names }, { user, password }) =>
      actor.canConnect({ namespace: names.namespace, name: names.pooler }, user, password),
    keep: (desired, text) => actor.write(clusterPlace(desired), text),
    async kept(desired) {
      const data = await actor.read(clusterPlace(desired));
      return data === undefined ? [] : [data];
    },
    async drop(desired) {
      await actor.dropCluster(clusterPlace(desired));
      await actor.settle();
    },
  };
}

/**
 * A client whose calls fail from some call on. Only calls that change something are counted: a cut after any other one leaves
 * the world as a cut before it.
 */
function cuttable(client: KubeClient) {
  let left = Number.POSITIVE_INFINITY;
  let fired = false;
  const known = new Set<string | undefined>();
  const through = async <Result>(call: () => Promise<Result>): Promise<Result> => {
    if (left > 0) return call();
    fired = true;
    throw new ProvisionerUnavailable('the test cut it off');
  };
  const writing = async (call: () => Promise<KubeObject>): Promise<KubeObject> => {
    const object = await through(call);
    if (!known.has(object.metadata.resourceVersion)) left -= 1;
    known.add(object.metadata.resourceVersion);
    return object;
  };
  const cut: KubeClient = {
    ...client,
    async get(...args) {
      const object = await through(() => client.get(...args));
      known.add(object?.metadata.resourceVersion);
      return object;
    },
    create: (...args) => writing(() => client.create(...args)),
    apply: (...args) => writing(() => client.apply(...args)),
    async delete(...args) {
      await through(() => client.delete(...args));
      left -= 1;
    },
    list: (...args) => through(() => client.list(...args)),
  };
  return {
    client: cut,
    after(calls: number) {
      left = calls;
      fired = false;
      const mend = () => {
        left = Number.POSITIVE_INFINITY;
      };
      return { signal: never, fired: () => fired, mend };
    },
  };
}
