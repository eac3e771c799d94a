/** The things that are compared: as the registry has them, and as a file has them. */
import type { Row } from './api.ts';

export type Fields = Row;

/** A thing that the registry has, in the words of a file. */
export interface Existing {
  readonly key: string;
  /** The name of what it lies in. */
  readonly parent: string | null;
  /** Null: it has none of its own. */
  readonly id: string | null;
  readonly fields: Fields;
  readonly row: Row;
  /** Somebody else keeps it, or it is at rest already: it is never removed. */
  readonly isKept?: boolean;
}

/** A thing that a file declares. */
export interface Wanted {
  readonly key: string;
  readonly parent: string | null;
  /** Only what the file says. */
  readonly fields: Fields;
}
