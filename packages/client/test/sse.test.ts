// engine: none
import { expect, test } from 'vitest';
import { eventsIn, type ServerSentEvent } from '../src/streams/sse.ts';

async function read(...chunks: readonly string[]): Promise<ServerSentEvent[]> {
  const seen: ServerSentEvent[] = [];
  async function* source() {
    yield* chunks;
  }
  for await (const event of eventsIn(source())) seen.push(event);
  return seen;
}

const text = 'event: change\nid: e-1\ndata: {"a":1}\n\n: a comment\n\ndata: x\ndata:y\n\n';
const events = [
  { name: 'change', data: '{"a":1}', id: 'e-1', ownId: 'e-1' },
  { name: 'message', data: 'x\ny', id: 'e-1', ownId: undefined },
];

test('events are read whole, wherever the chunks end and however the lines end', async () => {
  for (const lines of [text, text.replaceAll('\n', '\r\n'), text.replaceAll('\n', '\r')]) {
    for (let length = 1; length <= lines.length; length += 1) {
      const chunks = lines.match(new RegExp(`[^]{1,${length}}`, 'g')) ?? [];
      // A CR at the very end has a meaning only with the text after it.
      expect(await read(...chunks, ': over\n')).toEqual(events);
    }
  }
});

test('an event that is incomplete or has no data is not given', async () => {
  expect(await read('event: a\n\nid: 7\n\ndata: x\n')).toEqual([]);
  expect(await read('data\n\n')).toEqual([{ name: 'message', data: '', id: undefined, ownId: undefined }]);
  expect(await read('id: a\0b\nother: 1\ndata: x\n\n')).toEqual([
    { name: 'message', data: 'x', id: undefined, ownId: undefined },
  ]);
});

test('an event without an end fails instead of filling the memory', async () => {
  const chunk = 'x'.repeat(65_536);
  await expect(read('data: ', ...Array(20).fill(chunk))).rejects.toThrow('too long');
  await expect(read(...Array(20).fill(`data: ${chunk}\n`))).rejects.toThrow('too long');
});
