/** Where the programs that read a key come from. */
import type { ReadersOf } from './accepted.ts';

/** Returns the readers that do not accept the content. No reader is registered yet, so none is asked. */
export const readersOf: ReadersOf = async () => [];
