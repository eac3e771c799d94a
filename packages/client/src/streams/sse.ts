/** Reads text/event-stream as the HTML standard defines it. */

export interface ServerSentEvent {
  /** `message` if the stream gives no name. */
  readonly name: string;
  readonly data: string;
  /** The last id that the stream gave, with this event or before it. */
  readonly id: string | undefined;
  /** The id that the stream gave with this event. */
  readonly ownId: string | undefined;
}

/** Bounds the memory for one event. The registry's largest event is far smaller. */
const LENGTH_MAX = 1_048_576;

/** Thrown for an event that exceeds `LENGTH_MAX` characters. */
export class EventTooLong extends Error {}

/** Yields each event of the stream once it is complete. Throws `EventTooLong`. */
export async function* eventsIn(chunks: AsyncIterable<string>): AsyncGenerator<ServerSentEvent> {
  let rest = '';
  let id: string | undefined;
  let event = emptyEvent();
  for await (const chunk of chunks) {
    // A CR at the end may be half of a CRLF, so it stays in `rest` until the next chunk.
    const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    if (rest.length + event.data.join('').length > LENGTH_MAX) throw new EventTooLong('an event is too long');
    for (const line of lines) {
      const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
      if (line === '') {
        if (event.data.length > 0) {
          yield { name: event.name || 'message', data: event.data.join('\n'), id, ownId: event.ownId };
        }
        event = emptyEvent();
      } else if (field === 'event') event.name = value;
      else if (field === 'data') event.data.push(value);
      else if (field === 'id' && !value.includes('\0')) {
        id = value;
        event.ownId = value;
      }
    }
  }
}

function emptyEvent(): { name: string; readonly data: string[]; ownId: string | undefined } {
  return { name: '', data: [], ownId: undefined };
}
