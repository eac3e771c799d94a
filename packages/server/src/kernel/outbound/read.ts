/** Reads answers within their limits. */
import type { IncomingMessage } from 'node:http';
import { OutboundError } from './error.ts';

/** Resolves with the whole text. Throws `outbound_failed` when it is larger than so many bytes, or compressed. */
export async function readText(response: IncomingMessage, bytesMax: number): Promise<string> {
  try {
    if (isCompressed(response)) {
      throw new OutboundError('outbound_failed', 'The host compresses its answer although it was asked not to.');
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw new OutboundError('outbound_failed', `The answer is larger than ${bytesMax} bytes.`);
      chunks.push(chunk);
    }
    return new TextDecoder().decode(Buffer.concat(chunks));
  } finally {
    response.destroy();
  }
}

/**
 * Resolves with the first bytes as text; a compressed answer has none. The connection of a longer answer is closed with
 * the rest unread; the connection of an answer that ended can be kept.
 */
export async function readStart(response: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Leaving the loop before the end destroys the answer, and its connection with it.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes > bytesMax) break;
  }
  if (isCompressed(response)) return '';
  // A character that the cut divides is left out.
  return new TextDecoder().decode(Buffer.concat(chunks).subarray(0, bytesMax), { stream: bytes > bytesMax });
}

function isCompressed({ headers }: IncomingMessage): boolean {
  return (headers['content-encoding'] ?? 'identity') !== 'identity';
}
