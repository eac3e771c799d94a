/**
 * What processes of one group count together: each counts at once for itself, and is told a moment later what the others
 * counted. So a limit holds for all of them, up to what they let through within that moment, wherever a caller's connections lead.
 */
import type { Count, ProcessGroup } from './process-group.ts';

const SHARE_MS = 100;
/** Names of one message. Those beyond it are counted by one process alone. */
const NAMES_MAX = 10_000;

export interface SharedCounts {
  /** Returns the beginning of names that nothing else of this process has, and the same part of every process does. */
  space(): string;
  /** Notes what was counted here. */
  note(name: string, amount: number): void;
  /** Tells every listener what another process counted. */
  hear(counts: readonly Count[]): void;
  /** Calls the listener with each count of another process. */
  onCount(listener: (name: string, amount: number) => void): void;
}

/** Makes the counts of this process. */
export function createSharedCounts(share: ProcessGroup['share']): SharedCounts {
  const listeners: ((name: string, amount: number) => void)[] = [];
  let noted = new Map<string, number>();
  let spaces = 0;
  const tell = () => {
    share([...noted]);
    noted = new Map();
  };
  return {
    space() {
      spaces += 1;
      return `${spaces} `;
    },
    note(name, amount) {
      const known = noted.get(name);
      if (noted.size === 0) setTimeout(tell, SHARE_MS).unref();
      if (known !== undefined || noted.size < NAMES_MAX) noted.set(name, (known ?? 0) + amount);
    },
    hear(counts) {
      for (const [name, amount] of counts) for (const listener of listeners) listener(name, amount);
    },
    onCount: (listener) => void listeners.push(listener),
  };
}
