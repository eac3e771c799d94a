/** Texts out of streams of bytes, each bounded. */
import { StringDecoder } from 'node:string_decoder';

/** A page of 250 objects is far below it, and an object is at most 3 MiB in the store of Kubernetes. */
const CHARACTERS_MAX = 32 * 1024 * 1024;

/** Returns the whole text. Throws when it is longer than 32 Mi characters. */
export async function textOf(bytes: AsyncIterable<Buffer>): Promise<string> {
  const decoder = new StringDecoder('utf8');
  let text = '';
  for await (const chunk of bytes) text = bounded(text + decoder.write(chunk));
  return text + decoder.end();
}

/** Gives each line that is not empty, wherever the stream was cut. Throws when a line is longer than 32 Mi characters. */
export async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of bytes) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = bounded(lines.pop() ?? '');
    for (const line of lines) if (line !== '') yield line;
  }
}

function bounded(text: string): string {
  if (text.length > CHARACTERS_MAX) throw new RangeError('the answer is too long');
  return text;
}
