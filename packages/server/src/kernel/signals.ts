/** Says inside one process, or one group of them, that there is work, so that a worker need not wait for its next look. Nothing depends on it. */

/**
 * `queued`: an event waits for its place in the log. `logged`: the log has grown. `deliverable`: a delivery may be due.
 * `configured`: another replica has changed configurations; its text says of which projects. `intended`: a configuration
 * waits in etcd for its place in the database. `ordered`: a pass over a managed database may be due.
 */
export type Signal = 'queued' | 'logged' | 'deliverable' | 'configured' | 'intended' | 'ordered';

/** Those that a worker waits for of which a group has one. Of the others each process hears by the database. */
const ofTheGroup: ReadonlySet<Signal> = new Set(['queued', 'deliverable', 'intended', 'ordered']);

export interface Signals {
  /** Calls whoever listens, with the text, and lets the group know. A listener must not throw. */
  tell(signal: Signal, text?: string): void;
  /** Calls whoever listens in this process: another one has told the group. */
  hear(signal: Signal): void;
  /** Returns how to stop that. */
  on(signal: Signal, listener: (text: string) => void): () => void;
}

/** Makes the signals of a process. `passOn` lets the group know; absent: the process is alone. */
export function createSignals(passOn?: (signal: Signal) => void): Signals {
  const listeners = new Map<Signal, Set<(text: string) => void>>();
  const call = (signal: Signal, text: string) => {
    for (const listener of listeners.get(signal) ?? []) listener(text);
  };
  return {
    tell(signal, text = '') {
      call(signal, text);
      if (passOn !== undefined && ofTheGroup.has(signal)) passOn(signal);
    },
    hear: (signal) => call(signal, ''),
    on(signal, listener) {
      const those = listeners.get(signal) ?? new Set();
      listeners.set(signal, those.add(listener));
      return () => those.delete(listener);
    },
  };
}
