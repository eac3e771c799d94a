/** A reader of events over HTTP, as a product would write one. */
import { onTestFinished } from 'vitest';

export interface Message {
  /** The name; null for an event. */
  readonly name: string | null;
  readonly id: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every type
  readonly data: any;
}

export interface EventReader {
  readonly status: number;
  readonly headers: Headers;
  /** Every message until now. */
  readonly messages: readonly Message[];
  /** The text as it came. */
  text(): string;
  /** The id with which to come back. */
  lastId(): string | null;
  /** The ids of the events that came, in their order. */
  ids(): string[];
  /** Resolves when a message is as asked for, to that message; rejects when the stream ends before. */
  until(isIt: (message: Message) => boolean): Promise<Message>;
  /** Resolves when the stream has ended, however it ended. */
  readonly ended: Promise<void>;
  leave(): void;
}

export interface ReaderOptions {
  readonly token: string;
  /** `/v1/events?types=tenant.*` */
  readonly path?: string;
  readonly lastEventId?: string | null;
}

/** Begins to listen; it leaves when the test is over. */
export async function readEvents(
  { url }: { readonly url: string },
  { token, path = '/v1/events', lastEventId = null }: ReaderOptions,
): Promise<EventReader> {
  const controller = new AbortController();
  const response = await fetch(url + path, {
    headers: { authorization: `Bearer ${token}`, ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }) },
    signal: controller.signal,
  });
  const leave = () => controller.abort();
  onTestFinished(leave);
  const messages: Message[] = [];
  let text = '';
  let over = false;
  let lastId: string | null = lastEventId;
  const waiting = new Set<() => void>();
  const tellWaiting = () => {
    for (const each of waiting) each();
  };
  const take = (block: string) => {
    const message = parse(block);
    lastId = message.id ?? lastId;
    messages.push(message);
  };
  const read = async () => {
    let rest = '';
    for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += piece;
      const blocks = (rest + piece).split('\n\n');
      rest = blocks.pop() ?? '';
      blocks.forEach(take);
      tellWaiting();
    }
  };
  const ended = read()
    .catch(() => {})
    .then(() => {
      over = true;
      tellWaiting();
    });
  const until = (isIt: (message: Message) => boolean) =>
    new Promise<Message>((resolve, reject) => {
      const look = () => {
        const found = messages.find(isIt);
        if (found === undefined && !over) return;
        waiting.delete(look);
        if (found === undefined) reject(new Error(`it ended after ${JSON.stringify(messages.slice(-5))}`));
        else resolve(found);
      };
      waiting.add(look);
      look();
    });
  const ids = () => messages.filter(({ name }) => name === null).map(({ data }) => data.id);
  const { status, headers } = response;
  return { status, headers, messages, text: () => text, lastId: () => lastId, ids, until, ended, leave };
}

function parse(block: string): Message {
  const fieldOf = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? null;
  return { name: fieldOf('event'), id: fieldOf('id'), data: JSON.parse(fieldOf('data') ?? 'null') };
}
