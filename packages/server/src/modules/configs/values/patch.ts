/** How one content of a key differs from another one, as a JSON Patch. */
import type { ActorContext } from '../../../kernel/context.ts';
import type { PatchOperation } from '../../config-schemas/port.ts';
import type { Place } from '../store/port.ts';

/** A content, which may be null; undefined: there is none, because the key was deleted or never written. */
export type MaybeContent = { readonly content: unknown } | undefined;

/**
 * Returns the operations that make `to` out of `from`. Content that is absent on one side alone is added or removed as a
 * whole, at the path of the whole document. Throws like `ctx.jsonSchemas.diff`.
 */
export async function patchOf(
  { jsonSchemas }: ActorContext,
  { tenant_id }: Place,
  { from, to }: { readonly from: MaybeContent; readonly to: MaybeContent },
): Promise<PatchOperation[]> {
  if (from === undefined) return to === undefined ? [] : [{ op: 'add', path: '', value: to.content }];
  if (to === undefined) return [{ op: 'remove', path: '' }];
  return [...(await jsonSchemas.diff(tenant_id, from.content, to.content))];
}
