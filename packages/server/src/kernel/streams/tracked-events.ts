/** Events as a subscription of tRPC gives them: each with the id from which the client goes on when it connects again. */
import { type TrackedEnvelope, tracked } from '@trpc/server';

/** What is told to one who follows events. */
export type Followed<Event> =
  | { readonly kind: 'event'; readonly event: Event }
  /** Nothing happened between the last event and the one with this id that the follower asked for. */
  | { readonly kind: 'checkpoint'; readonly id: string }
  | { readonly kind: 'alive' }
  /** The connection ends; the follower is to connect again. */
  | { readonly kind: 'bye'; readonly reason: string };

/**
 * Yields each event with its id, and null with the id of each checkpoint: tRPC's client remembers only the ids of what it
 * hands on. Signs of life are left to tRPC. Throws a `ConnectionEnd` where the registry ends the connection, upon which
 * tRPC ends the answer without a word and the client connects again; after a generator that returned it would not.
 */
export async function* trackedEvents<Event extends { readonly id: string }>(
  followed: AsyncIterable<Followed<Event>>,
): AsyncGenerator<TrackedEnvelope<Event | null>, undefined> {
  for await (const each of followed) {
    if (each.kind === 'event') yield tracked(each.event.id, each.event);
    if (each.kind === 'checkpoint') yield tracked(each.id, null);
    if (each.kind === 'bye') throw new ConnectionEnd(each.reason);
  }
}

/** Ends a connection and not the subscription. tRPC knows it by its name. */
export class ConnectionEnd extends Error {
  override readonly name = 'AbortError';
}
