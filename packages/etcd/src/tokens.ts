/** The token that says who the client is. */
import { Metadata } from '@grpc/grpc-js';
import type { Cluster } from './cluster.ts';
import { meaningOf, Refusal } from './errors.ts';
import { read } from './read.ts';
import type { EtcdOptions } from './types.ts';
import { authenticate } from './wire/auth.ts';

export interface Tokens {
  /** What is sent with each call. */
  metadata(): Metadata | Promise<Metadata>;
  /** Forgets a token that the server refused. */
  refused(metadata: Metadata): void;
}

/** A member that knows no leader then refuses a call at once, and ends a watch. */
function requireLeader(): Metadata {
  const metadata = new Metadata();
  metadata.set('hasleader', 'true');
  return metadata;
}

const NOT_ENABLED = 'etcdserver: authentication is not enabled';

/**
 * Returns the source of tokens for a name and a password, or of none. Calls that come together wait for one
 * authentication. Where the cluster has authentication switched off, calls go without a token, as in etcd's own clients.
 */
export function createTokens(cluster: Cluster, { username, password }: EtcdOptions): Tokens {
  const nameless = requireLeader();
  if (username === undefined) return { metadata: () => nameless, refused() {} };
  let current: Metadata | undefined;
  let asking: Promise<Metadata> | undefined;

  const bytes = authenticate.encode({ username, password: password ?? '' });
  const ask = async () => {
    const metadata = requireLeader();
    try {
      const deadline = Date.now() + cluster.timing.readMs;
      metadata.set('token', await read(cluster, { method: authenticate, bytes, metadata: nameless, deadline }));
    } catch (error) {
      if (!(error instanceof Refusal) || !error.failure.details.startsWith(NOT_ENABLED)) throw error;
    } finally {
      asking = undefined;
    }
    current = metadata;
    return metadata;
  };
  return {
    metadata() {
      if (current !== undefined) return current;
      asking ??= ask();
      return asking;
    },
    refused(metadata) {
      if (current === metadata) current = undefined;
    },
  };
}

/** Makes a call with a token, and once more with a new one where the server refuses the token. */
export async function withToken<T>(tokens: Tokens, call: (metadata: Metadata) => Promise<T>): Promise<T> {
  const held = tokens.metadata();
  const metadata = held instanceof Metadata ? held : await held;
  try {
    return await call(metadata);
  } catch (error) {
    if (!(error instanceof Refusal) || meaningOf(error.failure).again !== 'token') throw error;
    tokens.refused(metadata);
    return call(await tokens.metadata());
  }
}
