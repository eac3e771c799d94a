/** The shapes of the feed of changes: it takes nothing, and gives events. */
import { z } from 'zod';
import { FIRST_TENANT } from '../../kernel/first-tenant.ts';
import { eventStream } from '../../kernel/streams/event-stream.ts';

export const streamChangesInput = z.strictObject({});
export const changes = eventStream;

/** The beginning of a stream, for the document. A test holds it against one. */
export const changesExample = {
  'text/event-stream': `event: open\ndata: {"alive_ms":1000,"settle_ms":2000}\n\nevent: reset\nid: 5f1c0a9e7b3d2468-17\ndata: {}\n\nevent: alive\ndata: {"elapsed_ms":0}\n\nevent: change\nid: 5f1c0a9e7b3d2468-18\ndata: {"tenant_ids":["${FIRST_TENANT.id}"]}\n\n`,
} as const;
