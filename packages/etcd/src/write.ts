/** A call that changes something: it is sent once. */

import { setTimeout as pause } from 'node:timers/promises';
import { type Cluster, PAUSE_MS } from './cluster.ts';
import type { Call, Connection } from './connection.ts';
import { type GrpcFailure, meaningOf, NOT_CONNECTED, Refusal } from './errors.ts';

/**
 * Resolves to the answer of the first endpoint that takes the call. An endpoint without a connection is passed over, and
 * so is one that says that it did nothing, for instance because it knows no leader.
 * @throws {Refusal} of the kind `unknown_outcome` when the call may have been sent and its answer is lost;
 *   `unavailable` when no endpoint took it until the deadline.
 */
export async function write<Answer>(cluster: Cluster, call: Call<Answer>): Promise<Answer> {
  let last: GrpcFailure = NOT_CONNECTED;
  for (;;) {
    for (const endpoint of cluster.ring.order()) {
      const connection = cluster.connections[endpoint];
      if (connection === undefined) continue;
      const asked = await sendOnce({ cluster, connection, call });
      if ('answer' in asked) return asked.answer;
      cluster.ring.failed(endpoint);
      last = asked.failure ?? last;
    }
    if (cluster.closed.aborted || Date.now() + PAUSE_MS >= call.deadline) throw new Refusal(last, 'unavailable');
    await pause(PAUSE_MS);
  }
}

interface Sending<Answer> {
  readonly cluster: Cluster;
  readonly connection: Connection;
  readonly call: Call<Answer>;
}

/** Resolves to the answer, or to why another endpoint may be asked. */
async function sendOnce<Answer>({ cluster, connection, call }: Sending<Answer>) {
  const ready = connection.ready(Math.min(call.deadline, Date.now() + cluster.timing.connectMs));
  if (ready !== true && !(await ready)) return { failure: undefined };
  return new Promise<{ answer: Answer } | { failure: GrpcFailure }>((resolve, reject) => {
    connection.start(call, (failure, answer) => {
      if (failure === null) return resolve({ answer: answer as Answer }); // there is one where there is no failure
      const { again, refused, kind } = meaningOf(failure);
      if (refused && again === 'elsewhere') return resolve({ failure });
      reject(new Refusal(failure, refused ? kind : 'unknown_outcome'));
    });
  }).catch((error: unknown) => {
    if (error instanceof Refusal && error.kind === 'unknown_outcome') markFailed(cluster, connection);
    throw error;
  });
}

function markFailed({ ring, connections }: Cluster, connection: Connection): void {
  ring.failed(connections.indexOf(connection));
}
