/** The bytes that a signature covers. */
import { WebhookError } from './error.ts';

/** A body exactly as it was received: bytes, or the text that they decode to. */
export type WebhookBody = string | Uint8Array | ArrayBuffer;

/**
 * Returns the bytes of a body. Throws `invalid_body` for a parsed body, because writing it out again gives other bytes
 * than those that were signed.
 */
export function bytesOf(body: WebhookBody): Uint8Array {
  if (typeof body === 'string') return new TextEncoder().encode(body);
  if (body instanceof Uint8Array) return body;
  // Views and buffers of another realm, such as that of a test runner, are no instances of this realm's classes.
  if (ArrayBuffer.isView(body)) {
    const { buffer, byteOffset, byteLength } = body as ArrayBufferView;
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
  if (Object.prototype.toString.call(body) === '[object ArrayBuffer]') return new Uint8Array(body);
  throw new WebhookError(
    'invalid_body',
    'The body must be a string, a Uint8Array or an ArrayBuffer, exactly as it was received, and not a parsed object.',
  );
}

/** Returns `id.timestamp.body`, over which every version of signature is made. */
export function signedContent({ id, timestamp }: { id: string; timestamp: string }, body: Uint8Array): ArrayBuffer {
  const start = new TextEncoder().encode(`${id}.${timestamp}.`);
  const content = new Uint8Array(start.length + body.length);
  content.set(start);
  content.set(body, start.length);
  return content.buffer;
}
