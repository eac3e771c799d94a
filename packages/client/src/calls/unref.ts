/** What goes on by itself must not keep a process that has nothing else to do. Only Node asks for that. */

/** Lets the process end although the timer has not fired. */
export function letGo(timer: unknown): void {
  // A number in browsers, an object in Node.
  (timer as { unref?: () => void }).unref?.();
}

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
 * Calls the work, and lets the process end while the request that it makes to the route is open: `fetch` itself offers no
 * way, but the one of Node tells which socket a request goes to. With another `fetch` it changes nothing.
 */
export async function inBackground<T>(route: string, work: () => Promise<T>): Promise<T> {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const channel = process?.getBuiltinModule?.('node:diagnostics_channel') as Channel | undefined;
  const onSending = ({ request, socket }: Sending) => {
    if (request.path.endsWith(route)) socket.unref();
  };
  channel?.subscribe(SENDING, onSending);
  try {
    return await work();
  } finally {
    channel?.unsubscribe(SENDING, onSending);
  }
}
