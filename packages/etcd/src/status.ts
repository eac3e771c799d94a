/** What each endpoint says of itself. */
import { Metadata } from '@grpc/grpc-js';
import type { Cluster } from './cluster.ts';
import type { Connection } from './connection.ts';
import { type EtcdError, Refusal, toEtcdError } from './errors.ts';
import type { Tokens } from './tokens.ts';
import type { EndpointStatus } from './types.ts';
import { status } from './wire/maintenance.ts';

/** Asks every endpoint, also those that know no leader; resolves when all have answered or failed. */
export async function statusOfAll(cluster: Cluster, tokens: Tokens): Promise<EndpointStatus[]> {
  const metadata = await tokenAlone(tokens);
  const deadline = Date.now() + cluster.timing.readMs;
  return Promise.all(cluster.connections.map((connection) => statusOf(connection, { metadata, deadline })));
}

/** Without a majority there are no new tokens: then members are asked without one. */
async function tokenAlone(tokens: Tokens): Promise<Metadata> {
  try {
    const metadata = (await tokens.metadata()).clone();
    metadata.remove('hasleader');
    return metadata;
  } catch (error) {
    if (!(error instanceof Refusal) || error.kind !== 'unavailable') throw toEtcdError(error);
    return new Metadata();
  }
}

function statusOf(connection: Connection, how: { metadata: Metadata; deadline: number }): Promise<EndpointStatus> {
  const { endpoint } = connection;
  return new Promise((resolve) => {
    connection.start({ ...how, method: status, bytes: status.encode() }, (failure, answer) => {
      if (answer !== undefined) return resolve({ endpoint, answered: true, ...answer });
      const error = toEtcdError(new Refusal(failure ?? { code: 13, details: 'no answer and no failure' }));
      resolve({ endpoint, answered: false, error: error as EtcdError }); // a Refusal becomes an EtcdError
    });
  });
}
