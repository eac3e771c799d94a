/** Where the programs that read a key come from. */
import { brokenReaders } from '../readers/service.ts';
import type { ReadersOf } from './accepted.ts';

/** Returns the readers that do not accept the content. */
export const readersOf: ReadersOf = brokenReaders;
