/** What a watcher of a project's configurations is told, and its form as server-sent events. */
import type { EndReason } from '../../../kernel/feed.ts';
import { eventText } from '../../../kernel/streams/event-stream.ts';
import type { TailedChange } from '../store/port.ts';

export type Told =
  | { readonly kind: 'open' }
  /** With an id: nothing more of its revision comes, so a watcher may come back with it. */
  | { readonly kind: 'change'; readonly change: TailedChange; readonly id: string | null }
  /** All that the store had answered until so long after the beginning was told before. */
  | { readonly kind: 'alive'; readonly elapsedMs: number; readonly id: string | null }
  | { readonly kind: 'down' }
  /** What happened until this state cannot be told. */
  | { readonly kind: 'reset'; readonly id: string }
  | { readonly kind: 'bye'; readonly reason: EndReason };

/** How often a stream shows that it is alive. */
export const ALIVE_MS = 1_000;
/** Longer JSON is not told: the watcher reads the key. */
const CONTENT_BYTES_MAX = 32_768;

/** Many watchers are told of a change, and its text is made once. */
const texts = new WeakMap<TailedChange, string>();

/** Returns the text of an item. */
export function textOf(told: Told): string {
  switch (told.kind) {
    case 'change':
      return `event: change\n${told.id === null ? '' : `id: ${told.id}\n`}data: ${dataOf(told.change)}\n\n`;
    case 'alive':
      return eventText('alive', { elapsed_ms: told.elapsedMs }, told.id ?? undefined);
    case 'down':
      return eventText('down', {});
    case 'reset':
      return eventText('reset', {}, told.id);
    case 'bye':
      return eventText('bye', { reason: told.reason });
    case 'open':
      return eventText('open', { alive_ms: ALIVE_MS });
    default:
      return told satisfies never;
  }
}

function dataOf(change: TailedChange): string {
  let text = texts.get(change);
  if (text === undefined) {
    text = JSON.stringify(shown(change));
    texts.set(change, text);
  }
  return text;
}

function shown(change: TailedChange) {
  const { key, version, operation, content_sha256, schema_id, schema_version } = change;
  const { created_at: updated_at, author: updated_by } = change;
  const made = { content_sha256, schema_id, schema_version, updated_at, updated_by };
  return { key, version, operation, ...contentOf(change), ...made };
}

function contentOf({ operation, content, content_omitted }: TailedChange) {
  if (operation === 'delete') return {};
  const isShort = content_omitted !== true && Buffer.byteLength(JSON.stringify(content)) <= CONTENT_BYTES_MAX;
  return isShort ? { content } : { content_omitted: true };
}
