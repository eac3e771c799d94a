/** Where a relay goes on, decided from what it saved, what the log has and what the stream holds. */
import type { eventRelays } from '@tenant-registry/db';
import type { StoredMessage, StreamEnd } from './stream.ts';

export interface Resumption {
  readonly saved: eventRelays.RelayPlace;
  readonly log: eventRelays.RelayedLog;
  readonly end: StreamEnd;
  /** The position in the log of the last stored message; undefined: the log has no such event. */
  readonly found: number | undefined;
}

/**
 * Returns the position after which the relay goes on; undefined when the stream's last message is not the registry's. The
 * stream decides: what it holds is not sent again, and what it has lost is. The saved position counts where the stream cannot
 * tell, because its last message is gone from it or from the log.
 */
export function resumeAfter({ saved, log, end, found }: Resumption): number | undefined {
  const { last, sequence } = end;
  const start = (log.oldest ?? log.head + 1) - 1;
  // What was deleted before a later start was seen by nobody: from the saved position on it is counted as missed.
  if (last === null && sequence === 0) return saved.position === 0 ? start : Math.min(start, saved.position);
  if (last === null) return saved.position === 0 ? start : saved.position;
  if (found !== undefined) return found;
  if (last.id !== null && last.id === saved.event_id) return saved.position;
  // It can only be an event that was deleted from the log after it was sent and before the position was saved.
  return saved.position > 0 && saved.position < start && ofRegistry(last) ? saved.position : undefined;
}

const SUBJECT = /^registry\.(platform|[0-9a-f-]{36})\.[^.]+/;

function ofRegistry({ id, subject }: StoredMessage): boolean {
  return isEventId(id) && SUBJECT.test(subject);
}

/** Tells whether the text can be the id of an event. */
export function isEventId(text: string | null): text is string {
  return text !== null && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}
