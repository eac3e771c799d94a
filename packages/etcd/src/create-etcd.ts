/** The client, put together. */
import type { Cluster } from './cluster.ts';
import { openConnection } from './connection.ts';
import { EtcdError, toEtcdError } from './errors.ts';
import { read } from './read.ts';
import { createRing } from './ring.ts';
import { statusOfAll } from './status.ts';
import { createTokens, type Tokens, withToken } from './tokens.ts';
import type { Etcd, EtcdOptions, Keys, Op, Timing, Txn, WatchBatch, WatchOptions } from './types.ts';
import { watchFrom } from './watch.ts';
import { keyRange } from './wire/keys.ts';
import { compact, range, txn } from './wire/kv.ts';
import { alarms, disarm } from './wire/maintenance.ts';
import type { Method } from './wire/method.ts';
import { write } from './write.ts';

const TIMING: Timing = {
  readMs: 2_000,
  writeMs: 3_000,
  overtakeMs: 600,
  connectMs: 500,
  probeMs: 2_000,
  probeAnswerMs: 1_000,
};

/**
 * Returns a client. It connects when it is first asked.
 * @throws {TypeError} No endpoint is given, or one that is no URL with http or https.
 */
export function createEtcd(options: EtcdOptions): Etcd {
  const { endpoints, tls, firstEndpoint } = options;
  if (endpoints.length === 0) throw new TypeError('etcd needs at least one endpoint');
  const closing = new AbortController();
  const cluster: Cluster = {
    connections: endpoints.map((endpoint) => openConnection(endpoint, tls)),
    ring: createRing(endpoints.length, firstEndpoint ?? Math.floor(Math.random() * endpoints.length)),
    timing: { ...TIMING, ...options.timing },
    closed: closing.signal,
  };
  const tokens = createTokens(cluster, options);
  return {
    ...callsOf(createSend(cluster, tokens)),
    watch: (asked) => watchKeys({ cluster, tokens }, asked),
    status: () => statusOfAll(cluster, tokens),
    close() {
      closing.abort();
      for (const connection of cluster.connections) connection.close();
    },
  };
}

type Send = <Request, Answer>(
  how: 'read' | 'write',
  method: Method<Request, Answer>,
  request: Request,
) => Promise<Answer>;

function createSend(cluster: Cluster, tokens: Tokens): Send {
  return async (how, method, request) => {
    const bytes = method.encode(request);
    const { readMs, writeMs } = cluster.timing;
    const deadline = Date.now() + (how === 'read' ? readMs : writeMs);
    const send = how === 'read' ? read : write;
    try {
      return await withToken(tokens, (metadata) => send(cluster, { method, bytes, metadata, deadline }));
    } catch (error) {
      throw toEtcdError(error);
    }
  };
}

function callsOf(send: Send): Pick<Etcd, 'range' | 'txn' | 'put' | 'deleteKeys' | 'compact' | 'alarms' | 'disarm'> {
  return {
    range: (keys, options = {}) => send('read', range, { keys, options }),
    txn: (asked) => send(changes(asked) ? 'write' : 'read', txn, asked),
    async put(key, value) {
      const { revision } = await send('write', txn, { success: [{ type: 'put', key, value }] });
      return { revision };
    },
    async deleteKeys(keys) {
      const success = keys.map((key) => ({ type: 'delete' as const, key }));
      const { revision, responses } = await send('write', txn, { success });
      const deleted = responses.reduce((sum, answer) => sum + (answer.type === 'delete' ? answer.deleted : 0), 0);
      return { revision, deleted };
    },
    async compact(revision) {
      try {
        await send('read', compact, revision);
      } catch (error) {
        if (!(error instanceof EtcdError) || error.kind !== 'compacted') throw error;
      }
    },
    alarms: () => send('read', alarms, undefined),
    async disarm() {
      for (const { memberId, alarm } of await send('read', alarms, undefined))
        if (alarm === 'no_space') await send('read', disarm, memberId);
    },
  };
}

function changes({ success, failure = [] }: Txn): boolean {
  return [...success, ...failure].some(({ type }: Op) => type !== 'get');
}

interface Parts {
  readonly cluster: Cluster;
  readonly tokens: Tokens;
}

async function* watchKeys({ cluster, tokens }: Parts, asked: WatchOptions): AsyncGenerator<WatchBatch, void> {
  const signal = AbortSignal.any([asked.signal, cluster.closed]);
  try {
    const startRevision = asked.startRevision ?? (await revisionAfterNow({ cluster, tokens }, asked));
    yield* watchFrom({ cluster, tokens, keys: asked, startRevision, signal });
  } catch (error) {
    if (signal.aborted) return;
    throw toEtcdError(error);
  }
}

/** Resolves to the first revision that no answer has shown yet. */
async function revisionAfterNow({ cluster, tokens }: Parts, keys: Keys): Promise<number> {
  const bytes = range.encode({ keys: { key: keyRange(keys).first }, options: { countOnly: true } });
  const deadline = Date.now() + cluster.timing.readMs;
  const { revision } = await withToken(tokens, (metadata) =>
    read(cluster, { method: range, bytes, metadata, deadline }),
  );
  return revision + 1;
}
