/** Says inside one process that there is work, so that a worker need not wait for its next look. Nothing depends on it. */

/**
 * `queued`: an event waits for its place in the log. `logged`: the log has grown. `deliverable`: a delivery may be due.
 * `configured`: another replica has changed configurations; its text says of which projects. `intended`: a configuration
 * waits in etcd for its place in the database. `ordered`: a pass over a managed database may be due.
 */
export type Signal = 'queued' | 'logged' | 'deliverable' | 'configured' | 'intended' | 'ordered';

export interface Signals {
  /** Calls whoever listens, with the text. A listener must not throw. */
  tell(signal: Signal, text?: string): void;
  /** Returns how to stop that. */
  on(signal: Signal, listener: (text: string) => void): () => void;
}

export function createSignals(): Signals {
  const listeners = new Map<Signal, Set<(text: string) => void>>();
  return {
    tell(signal, text = '') {
      for (const listener of listeners.get(signal) ?? []) listener(text);
    },
    on(signal, listener) {
      const those = listeners.get(signal) ?? new Set();
      listeners.set(signal, those.add(listener));
      return () => those.delete(listener);
    },
  };
}
