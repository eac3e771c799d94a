/** What a reader of events is told, and its form as server-sent events. */
import type { EndReason } from '../../../kernel/feed.ts';
import { eventText } from '../../../kernel/streams/event-stream.ts';
import type { Event } from '../schema.ts';

/** `checkpoint`: nothing that the reader asked for came before this id, so it is as good as the id of an event. */
export type Followed =
  | { readonly kind: 'event'; readonly event: Event }
  | { readonly kind: 'checkpoint'; readonly id: string }
  | { readonly kind: 'alive' }
  | { readonly kind: 'bye'; readonly reason: EndReason };

/** How often a stream shows that it is alive. */
export const ALIVE_MS = 15_000;

/** On the wire a stream begins with `open`. */
export type Told = Followed | { readonly kind: 'open' };

/** Many readers are told of an event, and its text is made once. */
const texts = new WeakMap<Event, string>();

/** Returns the text of an item: an event is an unnamed message, everything else has a name. */
export function textOf(told: Told): string {
  switch (told.kind) {
    case 'event':
      return eventTextOf(told.event);
    case 'checkpoint':
      return eventText('checkpoint', {}, told.id);
    case 'alive':
      return eventText('alive', {});
    case 'bye':
      return eventText('bye', { reason: told.reason });
    case 'open':
      return eventText('open', { alive_ms: ALIVE_MS });
    default:
      return told satisfies never;
  }
}

/** Returns about how many bytes an item takes. */
export function sizeOf(told: Told): number {
  return told.kind === 'event' ? eventTextOf(told.event).length : 100;
}

function eventTextOf(event: Event): string {
  let text = texts.get(event);
  if (text === undefined) {
    text = `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`;
    texts.set(event, text);
  }
  return text;
}
