/** scripts/generate.ts writes this file from the OpenAPI document: do not edit. */
import type { ChangeEvent, FeedOptions } from '../../streams/feed.ts';
import type { StreamChangesInput } from '../schemas/changes.ts';

/** The operations of `client.changes`. */
export interface ChangesOperations {
  /**
   * Listen to changes of authority.
   *
   * For whoever keeps verdicts: server-sent events that tell when one may no longer hold. `open` comes first. `change`
   * names the tenants whose keys, entitlements or status changed; `reset` means any may have, and comes at the
   * beginning unless `Last-Event-ID` is an event that this replica still knows: then what was missed comes. `alive`
   * comes every `alive_ms`: every change that was answered before it, `elapsed_ms` after the request began, was sent
   * before it. `down` comes instead while the replica may miss changes. After a change, or a reset, another replica may
   * answer as before for `settle_ms`: verdicts that are asked for in that time are not to be kept. The stream ends
   * after five minutes: come again. Over tRPC it is not available.
   *
   * Requires the permission `api_keys:verify`. It is held by the internal token.
   */
  stream(input?: StreamChangesInput, options?: FeedOptions): AsyncIterable<ChangeEvent>;
}
