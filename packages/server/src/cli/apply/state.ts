/** What a file declares, once all of it was found right. */
import type { Kind } from './kind.ts';
import type { Place } from './problem.ts';
import type { Fields, Wanted } from './things.ts';

export interface WantedThing extends Wanted {
  readonly kind: Kind;
  readonly place: Place;
}

export interface TenantState {
  readonly slug: string;
  /** Its first line. */
  readonly place: Place;
  /** Null: the file only has things of it. */
  readonly fields: Fields | null;
  readonly things: readonly WantedThing[];
  /** The lists that the file has in full, by `listName`: only of these is anything ever removed. */
  readonly lists: ReadonlySet<string>;
}

/** Returns the name of a list: all things of a kind in the tenant, or in one project or group of it. */
export function listName({ noun }: Kind, parent: string | null): string {
  return parent === null ? noun : `${noun} in ${parent}`;
}

export const TENANT_DOCUMENT = 'Tenant';
/** The version of the form of these files. */
export const FORM_VERSION = 1;
