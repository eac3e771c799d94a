/** Asks the store at each beat, once for all watchers of a project, and tells each of them up to when it has heard all. */
import type { Listener } from '../../../kernel/feed.ts';
import type { Told } from './told.ts';
import { noteDown, noteSettled, type Watching } from './watching.ts';

/** After it the store counts as one that cannot be asked. */
const ANSWER_MS_MAX = 2_000;

export interface SettlingOptions {
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Hears why the store could not be asked, when it could before. */
  readonly onFailure: (error: unknown) => void;
}

type Hearing<State extends Watching> = Listener<Told, State>;

/** Returns what has to be called for every watcher at a beat. */
export function createSettling<State extends Watching>({ now, onFailure }: SettlingOptions) {
  /** When each project was asked about that has no answer yet. */
  const asked = new Map<string, number>();
  let gathered = new Map<string, Hearing<State>[]>();
  let isFailing = false;
  const failed = (error: unknown) => {
    if (!isFailing) onFailure(error);
    isFailing = true;
  };
  const ask = async (projectId: string, listeners: readonly Hearing<State>[]) => {
    const [first] = listeners;
    if (first === undefined) return;
    // Before the question: whatever is answered after this moment need not be in the answer.
    const moments = listeners.map((listener) => Math.floor(listener.elapsedMs()));
    asked.set(projectId, now());
    const outcome = await first.state.tail.settle().then(
      () => true,
      (error: unknown) => {
        failed(error);
        return false;
      },
    );
    asked.delete(projectId);
    if (outcome) isFailing = false;
    const revision = first.state.tail.latest();
    for (const [index, listener] of listeners.entries()) {
      const { state } = listener;
      const elapsedMs = moments[index] ?? 0;
      if (outcome) noteSettled(state, { revision, elapsedMs });
      else noteDown(state);
      listener.wake();
    }
  };
  const askAll = () => {
    const all = gathered;
    gathered = new Map();
    for (const [projectId, listeners] of all) void ask(projectId, listeners);
  };
  return (listener: Hearing<State>): void => {
    const { project_id } = listener.state.place;
    const since = asked.get(project_id);
    if (since !== undefined) {
      if (now() - since < ANSWER_MS_MAX) return;
      noteDown(listener.state);
      listener.wake();
      return;
    }
    if (gathered.size === 0) queueMicrotask(askAll);
    const those = gathered.get(project_id);
    if (those === undefined) gathered.set(project_id, [listener]);
    else those.push(listener);
  };
}
