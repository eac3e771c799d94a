/** The stream at the other end of a relay: what the relay asks of it, whatever stores it. */
import type { Event } from '../schema.ts';

/** What is stored of an event. */
export interface Message {
  /** The id of the event, by which the stream refuses a second one. */
  readonly id: string;
  readonly subject: string;
  readonly event: Event;
}

/** The end of the stream. */
export interface StreamEnd {
  /** The sequence number that was given out last; 0: the stream never held a message. */
  readonly sequence: number;
  /** The last message that is still stored; null: there is none. */
  readonly last: StoredMessage | null;
}

export interface StoredMessage {
  /** Null: it came without one. */
  readonly id: string | null;
  readonly subject: string;
}

/** What a message has to come directly after: a sequence number, or the message with the id. */
export type Predecessor = { readonly sequence: number } | { readonly id: string };

export interface EventStream {
  /** The servers hung up: nothing can be stored over this connection any more. */
  readonly closed: () => boolean;
  /** Returns the end of the stream. Throws `StreamError`. */
  end(): Promise<StreamEnd>;
  /**
   * Stores the messages in their order, directly after the predecessor and one another; those that the stream has stored
   * lately are not stored again. Throws `StreamError` when one is not known to be stored: some may be, and what is stored
   * is in order and without a gap.
   */
  append(messages: readonly Message[], after: Predecessor): Promise<void>;
  /** Never throws. */
  close(): Promise<void>;
}

/** `away`: it may work later by itself. `refused`: a person has to change the stream, or the settings. */
export type StreamFailure = 'away' | 'refused';

/** Thrown for everything that goes wrong between the relay and the stream. */
export class StreamError extends Error {
  readonly kind: StreamFailure;

  constructor(kind: StreamFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StreamError';
    this.kind = kind;
  }
}
