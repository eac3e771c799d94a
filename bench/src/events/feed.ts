/** The time from a change to its arrival at the listeners of `GET /v1/events`. */
import { round } from '../lib/load.ts';
import { atRate, makeTenants, type Product, startProduct, until } from './product.ts';
import { percentile, type Section } from './section.ts';

const LISTENERS = 500;
/** A tenant may have fifty. */
const TENANTS = 10;
const OPENED_AT_ONCE = 20;
const PER_SECOND = 10;
const SECONDS = 20;
const TIMEOUT_MS = 60_000;

export const measureFeed: Section = async (surroundings) => {
  const product = await startProduct(surroundings, 'events-feed');
  const tenants = await makeTenants(product, TENANTS);
  const late: number[] = [];
  const leaving = new AbortController();
  surroundings.stack.defer(() => leaving.abort());
  for (let n = 0; n < LISTENERS; n += OPENED_AT_ONCE) {
    const some = Array.from({ length: OPENED_AT_ONCE }, (_, m) => tenants[(n + m) % TENANTS] ?? '');
    await Promise.all(some.map((tenant) => listen(product, tenant, { late, signal: leaving.signal })));
  }
  surroundings.progress(`feed: ${LISTENERS} listeners`);
  const change = (n: number) => product.patch(`/v1/tenants/${tenants[n % TENANTS]}`, { name: `Name ${n}` });
  await atRate(PER_SECOND, SECONDS, change);
  const expected = (PER_SECOND * SECONDS * LISTENERS) / TENANTS;
  await until(async () => late.length >= expected, TIMEOUT_MS, `${late.length} of ${expected} messages arrived`);
  leaving.abort();
  return [
    { what: `change to ${LISTENERS} listeners, p50`, value: round(percentile(late, 0.5), 1), unit: 'ms' },
    {
      what: `change to ${LISTENERS} listeners, p95`,
      value: round(percentile(late, 0.95), 1),
      unit: 'ms',
      goal: { most: 250 },
    },
  ];
};

interface Listening {
  /** Gathers how late each event was. */
  readonly late: number[];
  readonly signal: AbortSignal;
}

/** Resolves when the feed is open; what follows is measured until the signal. */
async function listen({ url, headers }: Product, tenantId: string, { late, signal }: Listening): Promise<void> {
  const feed = `${url}/v1/events?tenant_id=${tenantId}&types=tenant.updated`;
  const { authorization = '' } = headers;
  const response = await fetch(feed, { headers: { authorization, accept: 'text/event-stream' }, signal });
  if (!response.ok || response.body === null) throw new Error(`${feed}: ${response.status} ${await response.text()}`);
  const messages = messagesOf(response.body);
  await messages.next(); // `open`
  void follow(messages, late).catch((error: Error) => {
    if (!signal.aborted) throw error;
  });
}

async function follow(messages: AsyncGenerator<string>, late: number[]): Promise<void> {
  for await (const message of messages) {
    const isEvent = !/^event:/m.test(message);
    const data = /^data: ?(.*)$/m.exec(message)?.[1];
    if (isEvent && data !== undefined) late.push(Date.now() - Date.parse(JSON.parse(data).timestamp));
  }
}

/** Yields the messages of a stream, each as its lines. */
async function* messagesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const messages = (text + chunk).split('\n\n');
    text = messages.pop() ?? '';
    yield* messages;
  }
}
