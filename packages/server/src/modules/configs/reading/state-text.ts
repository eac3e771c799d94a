/** A whole state as text that is read while it is sent. */
import type { ActorContext } from '../../../kernel/context.ts';
import { begun, type TextStream, toTextStream } from '../../../kernel/streams/text-stream.ts';
import { cursorOf } from '../cursor.ts';
import { readablePlace } from '../place.ts';
import type { ConfigText } from '../store/port.ts';
import { readBatches } from './batches.ts';
import { momentOf, readingStates } from './moment.ts';

/** From here on text is a piece: rows are joined until then. */
const PIECE_LENGTH = 65_536;

export interface StateForm {
  readonly mediaType: string;
  /** The name of the file that a browser saves; absent: the text is none. */
  readonly filename?: string;
  /** What comes before the first key, between two, and after the last one. */
  readonly head: (state: { readonly project_id: string; readonly cursor: string }) => string;
  readonly between: string;
  readonly tail: string;
  readonly text: (config: ConfigText, epoch: string) => string;
}

export interface AskedState {
  readonly project_id: string;
  readonly at?: string | undefined;
  readonly prefix?: string | undefined;
}

/**
 * Returns the text of a state, and sets its cursor as the ETag: who has that state already makes the server read no value. Two
 * batches of rows at most are in memory. It has a place of a gate from its first row to its last. Throws
 * `config_state_unknown`, `not_found`, `tenant_archived`; opening it throws `tenant_busy`, `overloaded`, and
 * `config_state_unknown` for a state that is not kept any more. A failure after the first piece breaks the text off.
 */
export async function textOfState(ctx: ActorContext, asked: AskedState, form: StateForm): Promise<TextStream> {
  const { project_id, prefix = '' } = asked;
  const place = await readablePlace(ctx, project_id);
  const at = await momentOf(ctx, place, { moment: asked.at, pointer: '/at' });
  const cursor = cursorOf(place, at);
  ctx.answerHeaders.set('etag', `"${cursor}"`);
  const open = async () => {
    const leave = await ctx.configReads.enter(ctx.actor.tenant_id, { signal: ctx.signal });
    const batches = readBatches(ctx, place, { at, prefix });
    const text = pieces(ctx, form, { head: form.head({ project_id, cursor }), batches, epoch: at.epoch });
    return readingStates(['/at'], () => begun(text, leave));
  };
  return toTextStream(open, form);
}

interface Rows {
  readonly head: string;
  readonly batches: AsyncIterable<readonly ConfigText[]>;
  readonly epoch: string;
}

async function* pieces(
  { actor: { tenant_id }, configReadsPace: pace }: ActorContext,
  form: StateForm,
  { head, batches, epoch }: Rows,
): AsyncGenerator<string> {
  let piece = head;
  let between = '';
  await pace(tenant_id, 0);
  for await (const batch of batches) {
    let length = 0;
    for (const row of batch) {
      piece += between + form.text(row, epoch);
      between = form.between;
      if (piece.length < PIECE_LENGTH) continue;
      length += piece.length;
      yield piece;
      piece = '';
    }
    await pace(tenant_id, length);
  }
  piece += form.tail;
  if (piece !== '') yield piece;
}
