/** Messages of a watch, cut by revision. */
import type { WatchBatch, WatchEvent } from './types.ts';
import type { WatchAnswer } from './wire/watch.ts';

/**
 * Returns a function that takes the messages of one stream in their order and returns the revisions that are complete.
 * A message may hold many revisions, and its last one may go on in the next message.
 */
export function createBatches(): (answer: Pick<WatchAnswer, 'events' | 'continues'>) => WatchBatch[] {
  let held: WatchEvent[] = [];
  return ({ events, continues }) => {
    const complete: WatchBatch[] = [];
    const finish = () => {
      const revision = held[0]?.kv.modRevision;
      if (revision !== undefined) complete.push({ revision, events: held });
      held = [];
    };
    for (const event of events) {
      if (held[0] !== undefined && held[0].kv.modRevision !== event.kv.modRevision) finish();
      held.push(event);
    }
    if (!continues) finish();
    return complete;
  };
}
