/** A stream of NATS JetStream (https://docs.nats.io/nats-concepts/jetstream), over one connection. */
import { readFile } from 'node:fs/promises';
import {
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  headers,
  type NatsConnection,
  nanos,
} from '@nats-io/transport-node';
import type { NatsSettings } from './environment.ts';
import { type EventStream, type Message, type Predecessor, type StreamEnd, StreamError } from './stream.ts';

const SUBJECTS = 'registry.>';
const CONNECT_MS = 5_000;
const ANSWER_MS = 5_000;
const PING_MS = 10_000;
const DUPLICATE_WINDOW_MS = 120_000;
const DAY_MS = 86_400_000;
/** Room for the headers of a message, which count towards its size. */
const HEADER_BYTES = 512;
/** Says of a message how many bytes its data had, which was too large for the stream. */
const OMITTED_HEADER = 'Registry-Data-Omitted';
const MESSAGE_ID_HEADER = 'Nats-Msg-Id';
/** Codes of errors (https://github.com/nats-io/nats-server/blob/main/server/errors.json). */
const STREAM_NOT_FOUND = 10_059;
const SUBJECTS_OVERLAP = 10_065;

export interface OpenOptions {
  /** For how many days a stream that is made here keeps its messages. */
  readonly retentionDays: number;
  readonly signal: AbortSignal;
}

/**
 * Connects to one of the servers and returns the stream, which is made when it is absent. Throws `StreamError`: `away` when
 * no server answers or lets the registry in, `refused` when the stream also has other subjects, or another stream has these.
 */
export async function openNatsStream(
  settings: NatsSettings,
  { retentionDays, signal }: OpenOptions,
): Promise<EventStream> {
  const connection = await told(connecting(settings, signal));
  try {
    const manager = await told(jetstreamManager(connection, { checkAPI: false, timeout: ANSWER_MS }));
    const config = await told(findOrAdd(manager, settings.stream, retentionDays));
    const mistake = mistakeOf(config);
    if (mistake !== undefined) throw new StreamError('refused', `the stream ${config.name} ${mistake}`);
    return streamOver({ connection, manager, config });
  } catch (error) {
    await closed(connection);
    throw error;
  }
}

/** Tells whether the stream is there, and makes none. Throws `StreamError` as `openNatsStream` does. */
export async function hasNatsStream(settings: NatsSettings, signal: AbortSignal): Promise<boolean> {
  const connection = await told(connecting(settings, signal));
  try {
    const manager = await told(jetstreamManager(connection, { checkAPI: false, timeout: ANSWER_MS }));
    const config = await told(find(manager, settings.stream));
    const mistake = config === undefined ? undefined : mistakeOf(config);
    if (mistake !== undefined) throw new StreamError('refused', `the stream ${settings.stream} ${mistake}`);
    return config !== undefined;
  } finally {
    await closed(connection);
  }
}

/** Settles when connected, or when the signal aborts; a connection that comes later is closed. */
async function connecting(settings: NatsSettings, signal: AbortSignal): Promise<NatsConnection> {
  const made = connect(await connectionOptions(settings));
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(new Error('the relay is stopping'));
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([made, aborted.promise]);
  } catch (error) {
    made.then(closed, () => {});
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** The library does not reconnect: after each interruption the relay has to look where the stream ends. */
async function connectionOptions({ servers, tls, login, credentialsFile }: NatsSettings): Promise<ConnectionOptions> {
  const { user, password, token } = login;
  return {
    servers: [...servers],
    name: 'tenant-registry',
    reconnect: false,
    timeout: CONNECT_MS,
    pingInterval: PING_MS,
    noAsyncTraces: true,
    ...(tls ? { tls: {} } : {}),
    ...(user === undefined ? {} : { user, pass: password }),
    ...(token === undefined ? {} : { token }),
    ...(credentialsFile === null ? {} : { authenticator: credsAuthenticator(await readFile(credentialsFile)) }),
  };
}

async function find(manager: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined;
    throw error;
  }
}

async function findOrAdd(manager: JetStreamManager, name: string, retentionDays: number): Promise<StreamConfig> {
  const found = await find(manager, name);
  if (found !== undefined) return found;
  const added = await manager.streams.add({
    name,
    subjects: [SUBJECTS],
    retention: 'limits',
    storage: 'file',
    discard: 'old',
    max_age: nanos(retentionDays * DAY_MS),
    duplicate_window: nanos(DUPLICATE_WINDOW_MS),
  });
  return added.config;
}

function mistakeOf(config: StreamConfig): string | undefined {
  const { subjects = [], retention, mirror, sources = [], no_ack } = config;
  if (subjects.length !== 1 || subjects[0] !== SUBJECTS)
    return `has the subjects ${JSON.stringify(subjects)}: the relay needs a stream of its own, with ${SUBJECTS} alone`;
  if (mirror !== undefined || sources.length > 0)
    return 'takes messages from other streams: the relay needs a stream of its own';
  if (retention !== 'limits')
    return `has the retention ${retention}: the relay needs limits, so that its last message stays`;
  return no_ack === true ? 'acknowledges nothing: the relay would not know what is stored' : undefined;
}

interface Opened {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly config: StreamConfig;
}

function streamOver(opened: Opened): EventStream {
  const { connection, manager, config } = opened;
  const client = jetstream(connection, { timeout: ANSWER_MS });
  const bytesMax =
    Math.min(connection.info?.max_payload ?? Number.POSITIVE_INFINITY, messageBytesMax(config)) - HEADER_BYTES;
  return {
    closed: () => connection.isClosed(),
    end: () => told(endOf(manager, config.name)),
    append: (messages, after) => told(append(client, { stream: config.name, bytesMax }, { messages, after })),
    close: () => closed(connection),
  };
}

function messageBytesMax({ max_msg_size }: StreamConfig): number {
  return max_msg_size > 0 ? max_msg_size : Number.POSITIVE_INFINITY;
}

/**
 * The number is read first: a message that comes between makes the next one be refused, and never be stored out of order. The
 * last message is looked for by number, because servers such as 2.9 forget the last of a subject when it is deleted.
 */
async function endOf(manager: JetStreamManager, name: string): Promise<StreamEnd> {
  const { state } = await manager.streams.info(name);
  for (let seq = state.last_seq; state.messages > 0 && seq >= state.first_seq; seq -= 1) {
    const found = await manager.streams.getMessage(name, { seq });
    if (found === null) continue;
    const id = found.header?.get(MESSAGE_ID_HEADER) ?? '';
    return { sequence: state.last_seq, last: { id: id === '' ? null : id, subject: found.subject } };
  }
  return { sequence: state.last_seq, last: null };
}

interface Target {
  readonly stream: string;
  readonly bytesMax: number;
}

interface Appended {
  readonly messages: readonly Message[];
  readonly after: Predecessor;
}

/** All are under way at once. Each names the one before it, so that after one that is lost the rest are refused. */
async function append(
  client: JetStreamClient,
  { stream, bytesMax }: Target,
  { messages, after }: Appended,
): Promise<void> {
  let before = after;
  const published: Promise<unknown>[] = [];
  for (const { id, subject, event } of messages) {
    const { body, omitted } = bodyOf(event, bytesMax);
    const expect = {
      streamName: stream,
      ...('id' in before ? { lastMsgID: before.id } : { lastSequence: before.sequence }),
    };
    const header = headers();
    if (omitted > 0) header.set(OMITTED_HEADER, String(omitted));
    published.push(client.publish(subject, body, { msgID: id, expect, headers: header }));
    before = { id };
  }
  const outcomes = await Promise.allSettled(published);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** An event above the limit of the server would end the relay for good; it goes without its data, which the history has. */
function bodyOf(event: Message['event'], bytesMax: number): { readonly body: string; readonly omitted: number } {
  const body = JSON.stringify(event);
  if (Buffer.byteLength(body) <= bytesMax) return { body, omitted: 0 };
  const omitted = Buffer.byteLength(JSON.stringify(event.data));
  return { body: JSON.stringify({ ...event, data: {} }), omitted };
}

/** Makes each error one of ours, so that the relay tells them from errors of the database. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === SUBJECTS_OVERLAP)
      throw new StreamError(
        'refused',
        `another stream has subjects of ${SUBJECTS}: the relay needs them for its own`,
        error,
      );
    throw new StreamError('away', error instanceof Error ? error.message : String(error), error);
  }
}

async function closed(connection: NatsConnection): Promise<void> {
  try {
    await connection.close();
  } catch {
    // It is closed already.
  }
}
