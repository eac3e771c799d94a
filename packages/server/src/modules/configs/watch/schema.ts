/** What a watcher asks for, and the stream that it gets. */
import { z } from 'zod';
import { configStream } from '../../../kernel/streams/event-stream.ts';
import { keyPrefix, projectOf } from '../schema.ts';

export const watchConfigsInput = z.strictObject({
  ...projectOf,
  prefix: keyPrefix,
  after: z
    .string()
    .max(100)
    .optional()
    .meta({
      description:
        'The cursor of the state that is known: every later change is told. Absent: what happens from now on. `Last-Event-ID` goes before it.',
      examples: ['4f1c2a9be07d.42'],
    }),
});
export type WatchConfigs = z.output<typeof watchConfigsInput>;

export const configChanges = configStream;

/** The beginning of a stream, for the document. A test holds it against one. */
export const configChangesExample = {
  'text/event-stream': `event: open\ndata: {"alive_ms":1000}\n\nevent: alive\nid: 4f1c2a9be07d.42\ndata: {"elapsed_ms":0}\n\nevent: change\nid: 4f1c2a9be07d.43\ndata: {"key":"limits","version":8,"operation":"update","content":{"max_users":60},"content_sha256":"1c5a3a5c1dd2d2fd5ae1e67e23fa1cb3bb2a9b8f1f5d1cf0ad6b0ba8fdb0e8a0","schema_id":null,"schema_version":null,"updated_at":"2026-01-15T09:30:00.000Z","updated_by":{"type":"user","id":"https://login.acme.example|u-1","name":"Ada Lovelace"}}\n\n`,
} as const;
