/** Watches: changes after a revision, one JSON object per line. */
import { withMetadata } from './json.ts';
import { type ListRequest, matcherOf, unparsed } from './lists.ts';
import { expired, plainError, statusOf } from './status.ts';
import type { Change } from './store.ts';
import type { JsonObject } from './types.ts';

/** Where a watch writes its lines. */
export interface WatchSink {
  send(event: JsonObject): void;
  end(): void;
}

const BOOKMARK_MS = 60_000;

/**
 * Sends the events of a watch until it ends by itself or the function that this answers is called. An object that
 * leaves the selector is DELETED, one that enters it ADDED. Throws 400 for a malformed selector and 500 for a malformed revision, before anything is sent.
 */
export function watchObjects(request: ListRequest, sink: WatchSink): () => void {
  const { store, query } = request;
  const given = query.get('resourceVersion') ?? '';
  if (given !== '' && !/^\d+$/.test(given)) {
    throw plainError(unparsed(given));
  }
  const watch = begin(request, sink);
  const from = Number(given);
  const initial = query.get('sendInitialEvents');
  const listFirst = initial === 'true' || (initial === null && from === 0);
  if (!listFirst && from < store.oldest) {
    const error = expired(`too old resource version: ${from} (${store.oldest})`);
    sink.send({ type: 'ERROR', object: statusOf(error) });
    sink.end();
    return () => {};
  }
  if (listFirst) watch.sendAll();
  else for (const change of store.since(from)) watch.sendChange(change);
  if (initial === 'true') watch.bookmark({ 'k8s.io/initial-events-end': 'true' });
  return follow(request, { sink, ...watch });
}

interface Watch {
  sendAll(): void;
  sendChange(change: Change): void;
  bookmark(annotations?: JsonObject): void;
}

function begin(request: ListRequest, sink: WatchSink): Watch {
  const { store, type } = request;
  const resource = { group: type.group, plural: type.plural };
  const matches = matcherOf(request);
  const expected = { apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}`, kind: type.kind };
  return {
    sendAll() {
      for (const object of store.list(resource)) {
        if (matches(object)) sink.send({ type: 'ADDED', object });
      }
    },
    sendChange(change) {
      if (change.address.group !== type.group || change.address.plural !== type.plural) return;
      const event = seen(change, matches);
      if (event) sink.send(event);
    },
    bookmark(annotations) {
      const metadata = { resourceVersion: String(store.revision), creationTimestamp: null };
      const marked = annotations === undefined ? metadata : { ...metadata, annotations };
      sink.send({
        type: 'BOOKMARK',
        object: { kind: expected.kind, apiVersion: expected.apiVersion, metadata: marked },
      });
    },
  };
}

function seen({ type, object, previous, revision }: Change, matches: (object: JsonObject) => boolean) {
  const is = type !== 'DELETED' && matches(object);
  const was = previous !== undefined && matches(previous);
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', object };
  if (!was) return undefined;
  const last = type === 'DELETED' ? object : withMetadata(previous, { resourceVersion: String(revision) });
  return { type: 'DELETED', object: last };
}

function follow({ store, query }: ListRequest, watch: Watch & { sink: WatchSink }): () => void {
  const unsubscribe = store.subscribe(watch.sendChange);
  const bookmarks = query.get('allowWatchBookmarks') === 'true';
  const seconds = Number(query.get('timeoutSeconds') ?? 0) || 1800;
  const timers = [
    setInterval(() => bookmarks && watch.bookmark(), BOOKMARK_MS),
    setTimeout(() => {
      if (bookmarks) watch.bookmark();
      watch.sink.end();
    }, seconds * 1000),
  ];
  for (const timer of timers) timer.unref();
  return () => {
    unsubscribe();
    for (const timer of timers) clearInterval(timer);
  };
}
