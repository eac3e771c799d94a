/** Whether the programs that read a key accept a content. */
import type { ActorContext } from '../../../kernel/context.ts';
import type { Mistake } from '../../config-schemas/port.ts';
import { configErrors } from '../errors.ts';
import type { Place } from '../store/port.ts';

/** A program whose expectations of the key the content does not meet. */
export interface BrokenReader {
  readonly reader: string;
  /** With pointers into the content. */
  readonly errors: readonly Mistake[];
}

/** Returns the readers of the key that do not accept the content. */
export type ReadersOf = (
  ctx: ActorContext,
  place: Place,
  asked: { readonly key: string; readonly content: unknown },
) => Promise<readonly BrokenReader[]>;

const SHOWN_MAX = 20;

/** Returns the names of the broken readers when they are to be ignored. Throws `breaks_readers` when they are not. */
export function ignoredReaders(broken: readonly BrokenReader[], ignore: boolean | undefined): string[] {
  if (broken.length > 0 && !ignore) {
    const readers = broken.slice(0, SHOWN_MAX).map(({ reader, errors }) => ({
      reader,
      errors: errors.slice(0, SHOWN_MAX).map(({ pointer, message }) => ({ pointer: `/content${pointer}`, message })),
    }));
    throw configErrors.breaksReaders({ members: { readers } });
  }
  return broken.map(({ reader }) => reader);
}
