// engine: none
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type KubeClient, KubernetesFailure, type WatchEvent } from '../src/kubernetes/api.ts';
import { watchMarked } from '../src/kubernetes/watch.ts';

test('between two calls for the same watch there is a pause, however the API ends it', async () => {
  const stop = new AbortController();
  const calls: Record<string, string[]> = {};
  const note = (kind: string, call: string) => {
    calls[kind] = [...(calls[kind] ?? []), call];
    if (calls[kind].length === 12) stop.abort();
  };
  async function* nothing(): AsyncGenerator<WatchEvent> {}
  let pauses = 0;
  const client = {
    async list(resource, _scope, signal) {
      await setImmediate();
      signal.throwIfAborted();
      note(resource.kind, 'list');
      return { resourceVersion: '1', items: [] };
    },
    async watch(resource, _scope, signal) {
      await setImmediate();
      signal.throwIfAborted();
      note(resource.kind, 'watch');
      if (resource.kind === 'Pooler') throw new KubernetesFailure('gone', 410, 'too old');
      return nothing();
    },
  } satisfies Partial<KubeClient> as unknown as KubeClient; // a watch calls nothing else
  const pause = async () => {
    await setImmediate();
    pauses += 1;
  };
  const scopes = [{ namespace: 'default', labelSelector: 'x=y' }];
  await watchMarked({ client, scopes, pause }, { changed: () => {}, live: () => {} }, stop.signal);
  const all = Object.values(calls).flat();
  const again = all.filter((call) => call === 'watch').length - Object.keys(calls).length;
  expect(Object.keys(calls).sort()).toEqual(['Cluster', 'Pooler', 'Secret']);
  expect(again).toBeGreaterThan(3);
  expect(pauses).toBeGreaterThanOrEqual(again);
});
