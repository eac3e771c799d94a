/** The connection to one endpoint, made when it is first needed and made again when it was lost. */
import {
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  connectivityState,
  credentials,
  type Metadata,
  status,
} from '@grpc/grpc-js';
import type { GrpcFailure } from './errors.ts';
import type { EtcdOptions } from './types.ts';
import type { Method } from './wire/method.ts';

const MIB = 1024 * 1024;
/** Of an answer. */
const BYTES_MAX = 64 * MIB;

const OPTIONS: ChannelOptions = {
  // A client's connections are its own: close() ends them.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.max_receive_message_length': BYTES_MAX,
  // Whether a call is repeated is decided in one place, and that is not here.
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_channelz': 0,
  // The variables http_proxy and https_proxy are for the web.
  'grpc.enable_http_proxy': 0,
  'grpc.client_idle_timeout_ms': 3_600_000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  // etcd ends connections that are asked for signs of life more often than each 5 s (--grpc-keepalive-min-time), so
  // watches send probes of their own.
  'grpc.keepalive_time_ms': 6_000,
  'grpc.keepalive_timeout_ms': 1_000,
  'grpc.keepalive_permit_without_calls': 0,
};

export interface Call<Answer> {
  readonly method: Method<never, Answer>;
  /** The request, encoded. */
  readonly bytes: Buffer;
  readonly metadata: Metadata;
  /** In ms since 1970. */
  readonly deadline: number;
}

/** Called once, and not before `start` has returned. */
export type Answered<Answer> = (failure: GrpcFailure | null, answer: Answer | undefined) => void;

export interface Connection {
  readonly endpoint: string;
  /** Starts a call and returns what cancels it. */
  start<Answer>(call: Call<Answer>, answered: Answered<Answer>): () => void;
  /** Whether there is a connection: told at once where there is one or none can be made, else until the deadline. */
  ready(deadline: number): boolean | Promise<boolean>;
  open<Request, Answer>(method: Method<Request, Answer>, metadata: Metadata): ClientDuplexStream<Request, Answer>;
  /** Ends the connection, and the calls on it as cancelled. */
  close(): void;
}

const CLOSED: GrpcFailure = { code: status.UNAVAILABLE, details: 'the client of etcd is closed' };

const asIs = (bytes: Buffer) => bytes;

/** @throws {TypeError} The endpoint is no URL with http or https, a host and a port. */
export function openConnection(endpoint: string, tls: EtcdOptions['tls']): Connection {
  const { protocol, host, port, pathname } = new URL(endpoint);
  if (!['http:', 'https:'].includes(protocol) || host === '' || pathname !== '/')
    throw new TypeError(`an endpoint of etcd must be like https://host:2379, not ${endpoint}`);
  const address = port === '' ? `${host}:${protocol === 'http:' ? 80 : 443}` : host;
  const client = new Client(address, protocol === 'http:' ? credentials.createInsecure() : toCredentials(tls), OPTIONS);
  const underWay = new Set<{ cancel(): void }>();
  let closed = false;
  return {
    endpoint,
    start({ method, bytes, metadata, deadline }, answered) {
      if (closed) {
        queueMicrotask(() => answered(CLOSED, undefined));
        return () => {};
      }
      const call = client.makeUnaryRequest(
        method.path,
        asIs,
        method.decode,
        bytes,
        metadata,
        { deadline },
        (failure, answer) => {
          underWay.delete(call);
          answered(failure, answer);
        },
      );
      underWay.add(call);
      return () => call.cancel();
    },
    ready(deadline) {
      if (closed) return false;
      const state = client.getChannel().getConnectivityState(true);
      return state === connectivityState.READY || becomesReady(client, deadline);
    },
    open({ path, encode, decode }, metadata) {
      const stream = client.makeBidiStreamRequest(path, encode, decode, metadata);
      underWay.add(stream);
      stream.once('close', () => underWay.delete(stream));
      return stream;
    },
    close() {
      closed = true;
      for (const call of underWay) call.cancel();
      client.close();
    },
  };
}

function toCredentials({ ca, cert, key }: NonNullable<EtcdOptions['tls']> = {}) {
  const bytes = (pem: string | undefined) => (pem === undefined ? null : Buffer.from(pem));
  return credentials.createSsl(bytes(ca), bytes(key), bytes(cert));
}

async function becomesReady(client: Client, deadline: number): Promise<boolean> {
  const channel = client.getChannel();
  for (;;) {
    const state = channel.getConnectivityState(true);
    if (state === connectivityState.READY) return true;
    if (state === connectivityState.TRANSIENT_FAILURE || state === connectivityState.SHUTDOWN) return false;
    const changed = await new Promise<boolean>((resolve) =>
      channel.watchConnectivityState(state, deadline, (error) => resolve(error === undefined)),
    );
    if (!changed) return false;
  }
}
