/** Reads text/event-stream, as the HTML standard says. */

export interface ServerSentEvent {
  /** `message` when the stream names none. */
  readonly name: string;
  readonly data: string;
  /** The last one that came, with this event or before it. */
  readonly id: string | undefined;
}

/** Far more than any event of the registry has. */
const LENGTH_MAX = 1_048_576;

/** Gives the events that are in the pieces, each once it is complete. Throws when one is longer than can be meant. */
export async function* eventsIn(pieces: AsyncIterable<string>): AsyncGenerator<ServerSentEvent> {
  let rest = '';
  let id: string | undefined;
  let event = { name: '', data: [] as string[] };
  for await (const piece of pieces) {
    // A CR at the end may be half of a CRLF: it waits for what follows.
    const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    if (rest.length + event.data.join('').length > LENGTH_MAX) throw new Error('an event is too long');
    for (const line of lines) {
      const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
      if (line === '') {
        if (event.data.length > 0) yield { name: event.name || 'message', data: event.data.join('\n'), id };
        event = { name: '', data: [] };
      } else if (field === 'event') event.name = value;
      else if (field === 'data') event.data.push(value);
      else if (field === 'id' && !value.includes('\0')) id = value;
    }
  }
}
