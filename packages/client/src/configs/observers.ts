/** Tells what happens to whoever listens. */
import type { ConfigsObserver, ConfigsProblem, ConfigsState, ConfigsStep } from './options.ts';

export interface Observers {
  state(state: ConfigsState): void;
  change(step: ConfigsStep): void;
  problem(problem: ConfigsProblem): void;
  /** Returns the function that ends it. */
  add(observer: ConfigsObserver): () => void;
}

/** Starts with these observers. An error that one throws surfaces in the program, and ends nothing here. */
export function createObservers(first: ConfigsObserver): Observers {
  const observers = new Set([first]);
  const tell = (call: (observer: ConfigsObserver) => void) => {
    for (const observer of [...observers]) queueMicrotask(() => observers.has(observer) && call(observer));
  };
  return {
    state: (state) => tell(({ onState }) => onState?.(state)),
    change: (step) => tell(({ onChange }) => onChange?.(step)),
    problem: (problem) => tell(({ onProblem }) => onProblem?.(problem)),
    add(given) {
      const observer = { ...given };
      observers.add(observer);
      return () => void observers.delete(observer);
    },
  };
}
