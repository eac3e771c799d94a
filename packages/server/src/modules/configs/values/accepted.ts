/** Whether the programs that read a key accept a content. */
import type { ActorContext } from '../../../kernel/context.ts';
import { configErrors } from '../errors.ts';
import { brokenReaders } from '../readers/service.ts';
import type { Place } from '../store/port.ts';

const SHOWN_MAX = 20;

interface Given {
  readonly key: string;
  readonly content: unknown;
  /** The content is written all the same. */
  readonly ignore: boolean | undefined;
}

/**
 * Returns the names of the readers that do not accept the content, when they are to be ignored. Throws `breaks_readers` when
 * they are not, and like `brokenReaders`.
 */
export async function ignoredReaders(
  ctx: ActorContext,
  place: Place,
  { key, content, ignore }: Given,
): Promise<string[]> {
  const broken = await brokenReaders(ctx, place, { key, content });
  if (broken.length > 0 && !ignore) {
    const readers = broken.slice(0, SHOWN_MAX).map(({ reader, errors }) => ({
      reader,
      errors: errors.slice(0, SHOWN_MAX).map(({ pointer, message }) => ({ pointer: `/content${pointer}`, message })),
    }));
    throw configErrors.breaksReaders({ members: { readers } });
  }
  return broken.map(({ reader }) => reader);
}
