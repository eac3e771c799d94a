/** The feed of changes: whose verdicts are no longer what they were. */
import type { Context } from '../../kernel/context.ts';
import type { EventStream } from '../../kernel/streams/event-stream.ts';

/** Every change from now on, or since the event that the caller saw last. Opening it throws `overloaded`. */
export function streamChanges({ changeFeed, lastEventId }: Context): EventStream {
  return changeFeed.open(lastEventId);
}
