/** Lets a Node process end while background work of the SDK is pending. Browsers have no such concept. */

/** Lets the process end before the timer fires. */
export function unrefTimer(timer: unknown): void {
  // A timer is a number in browsers and an object in Node.
  (timer as { unref?: () => void }).unref?.();
}

/** The message that Node's `fetch` publishes before it writes the headers of a request. */
interface Sending {
  readonly request: { readonly path: string };
  readonly socket: { unref(): void };
}

interface Channel {
  subscribe(name: string, listener: (message: Sending) => void): void;
  unsubscribe(name: string, listener: (message: Sending) => void): void;
}

const SENDING = 'undici:client:sendHeaders';

/**
 * Calls the work, and lets the process end while the request that the work sends to the path is open. `fetch` has no
 * option for that, but Node's implementation publishes the socket of each request. Any other `fetch` is unaffected.
 */
export async function withUnrefedSocket<T>(path: string, work: () => Promise<T>): Promise<T> {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const channel = process?.getBuiltinModule?.('node:diagnostics_channel') as Channel | undefined;
  const onSending = ({ request, socket }: Sending) => {
    if (request.path.split('?')[0]?.endsWith(path)) socket.unref();
  };
  channel?.subscribe(SENDING, onSending);
  try {
    return await work();
  } finally {
    channel?.unsubscribe(SENDING, onSending);
  }
}
