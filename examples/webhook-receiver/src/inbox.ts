/** The events that the product received, each once, in a file with a line for each. */
import { mkdir, open, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RegistryEvent } from '@tenant-registry/client/webhooks';

/**
 * Opens the inbox, or begins one. A line is the work and the memory of the work at once: an event whose line is on the disk
 * was processed, any other was not. A product with a database does this in one transaction, with the event's id as a
 * unique key, and deletes ids that are older than the registry keeps events (EVENTS_RETENTION_DAYS).
 */
export async function openInbox(path: string) {
  await mkdir(dirname(path), { recursive: true });
  const ids = new Set(await recordedIds(path));
  const file = await open(path, 'a');
  let last: Promise<void> = Promise.resolve();

  async function write(event: RegistryEvent): Promise<void> {
    const { size } = await file.stat();
    try {
      await file.appendFile(`${JSON.stringify(event)}\n`);
      await file.datasync();
    } catch (error) {
      // A part of a line, left by a full disk, would spoil the next.
      await file.truncate(size);
      throw error;
    }
    ids.add(event.id);
  }

  return {
    get size() {
      return ids.size;
    },
    has: (id: string) => ids.has(id),
    /** Resolves once the event is on the disk. Events are written one after the other. */
    record(event: RegistryEvent): Promise<void> {
      const written = last.then(() => write(event));
      last = written.catch(() => {});
      return written;
    },
  };
}

export type Inbox = Awaited<ReturnType<typeof openInbox>>;

/** Returns the ids in the file, after taking away a last line that a crash left unfinished: its event was not processed. */
async function recordedIds(path: string): Promise<string[]> {
  const content = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  });
  const end = content.lastIndexOf('\n') + 1;
  if (end < content.length) await truncate(path, end);
  const lines = content.subarray(0, end).toString().split('\n').slice(0, -1);
  return lines.map((line) => (JSON.parse(line) as RegistryEvent).id);
}
