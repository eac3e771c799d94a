/** Many configurations at once: lists, a whole state, and what differs between two. */
import type { ActorContext } from '../../../kernel/context.ts';
import type { TextStream } from '../../../kernel/streams/text-stream.ts';
import { shownText } from '../values/shown.ts';
import type { Snapshot } from './schema.ts';
import { type StateForm, textOfState } from './state-text.ts';

export { diffConfigs } from './diff.ts';
export { listConfigs, listTenantConfigs } from './list.ts';

const form: StateForm = {
  mediaType: 'application/json',
  head: ({ project_id, cursor }) => `{"project_id":"${project_id}","cursor":"${cursor}","configs":[`,
  between: ',',
  tail: ']}',
  text: shownText,
};

/** The configurations of a project in one state, as one JSON text. Throws like `textOfState`. */
export function snapshotConfigs(ctx: ActorContext, asked: Snapshot): Promise<TextStream> {
  return textOfState(ctx, asked, form);
}
