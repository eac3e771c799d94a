/** Tells of databases whose objects change, by the label of the installation. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ProvisionerUnavailable } from '../types.ts';
import {
  CLUSTER,
  type KubeClient,
  type KubeObject,
  KubernetesFailure,
  POOLER,
  type Resource,
  type Scope,
  SECRET,
} from './api.ts';
import { DATABASE_LABEL } from './marks.ts';

interface Told {
  readonly changed: (id: string) => void;
  readonly live: () => void;
}

interface Watched {
  readonly client: KubeClient;
  readonly scopes: readonly Scope[];
  /** Waits before a watch that ended goes on, so that an API, or a proxy, that ends all at once is not asked without end. */
  readonly pause?: (signal: AbortSignal) => Promise<void>;
}

const PAUSE_MS = 1_000;
const aSecond = (signal: AbortSignal): Promise<void> => sleep(PAUSE_MS, undefined, { signal });

/**
 * Watches until the signal ends. `live` is called once, when all watches stand. An id may be told without a change. Throws
 * `ProvisionerUnavailable` when a watch breaks; one that the API ends in order goes on where it was.
 */
export async function watchMarked(
  { client, scopes, pause = aSecond }: Watched,
  told: Told,
  signal: AbortSignal,
): Promise<void> {
  const broken = new AbortController();
  const either = AbortSignal.any([signal, broken.signal]);
  const all = [CLUSTER, POOLER, SECRET].flatMap((resource) => scopes.map((scope) => ({ resource, scope })));
  // Without a namespace there is nothing to watch, for as long as it takes.
  if (all.length === 0) {
    told.live();
    return new Promise((ended) => signal.addEventListener('abort', () => ended(), { once: true }));
  }
  let missing = all.length;
  const stands = () => {
    missing -= 1;
    if (missing === 0) told.live();
  };
  const watches = all.map(({ resource, scope }) =>
    watchOne({ client, resource, scope, changed: told.changed, stands, pause }, either),
  );
  try {
    await Promise.all(watches);
  } catch (failure) {
    if (signal.aborted) return;
    if (failure instanceof KubernetesFailure) throw new ProvisionerUnavailable(failure.message, { cause: failure });
    throw failure;
  } finally {
    broken.abort();
    await Promise.allSettled(watches);
  }
}

interface One {
  readonly client: KubeClient;
  readonly resource: Resource;
  readonly scope: Scope;
  readonly changed: (id: string) => void;
  readonly stands: () => void;
  readonly pause: (signal: AbortSignal) => Promise<void>;
}

async function watchOne(one: One, signal: AbortSignal): Promise<void> {
  const { client, resource, scope } = one;
  let stood = false;
  for (;;) {
    const { resourceVersion, items } = await client.list(resource, scope, signal);
    // What happened before the watch stands is told by the list.
    for (const item of items) tell(one, item);
    const stands = () => {
      if (!stood) one.stands();
      stood = true;
    };
    await followFrom({ ...one, stands }, resourceVersion, signal);
    await one.pause(signal);
  }
}

/** Follows until the API says that it has forgotten what came after the revision. */
async function followFrom(one: One, from: string, signal: AbortSignal): Promise<void> {
  const { client, resource, scope, stands, pause } = one;
  let resourceVersion = from;
  try {
    for (;;) {
      const events = await client.watch(resource, { ...scope, resourceVersion }, signal);
      stands();
      for await (const { type, object } of events) {
        resourceVersion = object.metadata.resourceVersion ?? resourceVersion;
        if (type !== 'BOOKMARK') tell(one, object);
      }
      signal.throwIfAborted();
      await pause(signal);
    }
  } catch (failure) {
    if (!(failure instanceof KubernetesFailure && failure.kind === 'gone')) throw failure;
  }
}

function tell({ changed }: One, { metadata: { labels } }: KubeObject): void {
  const id = labels?.[DATABASE_LABEL];
  if (id !== undefined) changed(id);
}
