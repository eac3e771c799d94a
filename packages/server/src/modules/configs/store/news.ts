/**
 * Tells other replicas of which projects the configurations have changed. What was committed within 20 ms is one
 * notification, sent after the commits: inside of them it would make all writers of the database wait for each other.
 * A notification that is lost costs watchers a second, and nothing else.
 */
import { randomBytes } from 'node:crypto';
import type { After } from '../../../kernel/async/after.ts';

export interface News {
  /** Has the other replicas told, soon. */
  tell(projectId: string): void;
  /** Returns the projects that a notification of another replica names; null: any. */
  heard(text: string): readonly string[] | null;
  close(): void;
}

export interface NewsOptions {
  /** Sends one notification; the next one waits until it was sent. */
  readonly send: (text: string) => Promise<unknown>;
  readonly after: After;
}

const COALESCE_MS = 20;
/** A notification has less than 8,000 bytes, and an id has 36. */
const IDS_MAX = 200;
const ALL = 'all';

/** Makes the news of this process. Failures of `send` are its own to report. */
export function createNews({ send, after }: NewsOptions): News {
  const self = randomBytes(8).toString('hex');
  let waiting = new Set<string>();
  let isSending = false;
  let closed = false;
  const sendAll = async () => {
    while (waiting.size > 0 && !closed) {
      const ids = [...waiting];
      waiting = new Set();
      await send(`${self} ${ids.length > IDS_MAX ? ALL : ids.join(',')}`).catch(() => {});
    }
    isSending = false;
  };
  return {
    tell(projectId) {
      waiting.add(projectId);
      if (isSending) return;
      isSending = true;
      after(COALESCE_MS, () => void sendAll());
    },
    heard(text) {
      const [sender, projects = ALL] = text.split(' ');
      if (sender === self) return [];
      return projects === ALL ? null : projects.split(',');
    },
    close() {
      closed = true;
    },
  };
}
