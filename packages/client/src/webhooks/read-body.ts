/** The bytes of a request's body, up to a limit, from Node's streams and from requests of the Fetch API. */

/** The bytes; or why there are none: the body is larger than the limit, or ended before it was complete. */
export type ReadBody = Uint8Array | 'too_large' | 'incomplete';

/** The part of a Node stream that is read. */
export interface NodeStream {
  on(event: 'data', listener: (chunk: Uint8Array | string) => void): unknown;
  on(event: 'end' | 'error' | 'close', listener: () => void): unknown;
}

/**
 * Resolves once the stream ended, or at once when the body exceeds the limit. Keeps no more than the limit in memory; what
 * comes after it is read and dropped, because many senders read no answer before they have sent everything.
 */
export function readNodeBody(stream: NodeStream, bytesMax: number): Promise<ReadBody> {
  return new Promise((resolve) => {
    const kept = bounded(bytesMax);
    stream.on('data', (chunk) => {
      if (!kept.add(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk)) resolve('too_large');
    });
    stream.on('end', () => resolve(kept.bytes()));
    stream.on('error', () => resolve('incomplete'));
    stream.on('close', () => resolve('incomplete'));
  });
}

/** Resolves as `readNodeBody` does. Cancels what exceeds the limit. */
export async function readFetchBody({ body }: Request, bytesMax: number): Promise<ReadBody> {
  const kept = bounded(bytesMax);
  if (body === null) return kept.bytes();
  const reader = body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (kept.add(next.value)) continue;
      reader.cancel().catch(() => {});
      return 'too_large';
    }
    return kept.bytes();
  } catch {
    return 'incomplete';
  }
}

/** Returns the error of a program in which something else read the body before; the remedy is for its developer. */
export function bodyIsGone(remedy: string): Error {
  return new Error(`Something else read the body, and a webhook is verified over the bytes as received: ${remedy}`);
}

/** Collects chunks until they exceed the limit, and then forgets them. */
function bounded(bytesMax: number) {
  let chunks: Uint8Array[] = [];
  let length = 0;
  return {
    /** Returns false once the chunks exceed the limit. */
    add(chunk: Uint8Array): boolean {
      length += chunk.byteLength;
      if (length <= bytesMax) chunks.push(chunk);
      else chunks = [];
      return length <= bytesMax;
    },
    bytes(): Uint8Array {
      const whole = new Uint8Array(length);
      let at = 0;
      for (const chunk of chunks) {
        whole.set(chunk, at);
        at += chunk.byteLength;
      }
      return whole;
    },
  };
}
