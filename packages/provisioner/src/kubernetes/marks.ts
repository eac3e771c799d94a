/** The labels that say whose an object is, and the annotation that says what was last brought about. */
import type { KubeObject } from './api.ts';

export const DATABASE_LABEL = 'tenant-registry/database';
export const INSTALLATION_LABEL = 'tenant-registry/installation';

/**
 * On the Cluster: a hash of the wish that the world was last seen to match entirely. A difference from the same wish is
 * drift, whichever process finds it; a difference from another one is work that is not finished.
 */
export const SETTLED_ANNOTATION = 'tenant-registry/settled';

/** The database that an object belongs to, and the registry. */
export interface Mark {
  readonly id: string;
  readonly installation: string;
}

/** Returns the labels of everything that belongs to the database. */
export function labelsOf({ id, installation }: Mark): Readonly<Record<string, string>> {
  return { [DATABASE_LABEL]: id, [INSTALLATION_LABEL]: installation };
}

/** Returns whether the object belongs to the database: an object without our labels is never touched. */
export function isMarked({ metadata: { labels } }: KubeObject, { id, installation }: Mark): boolean {
  return labels?.[DATABASE_LABEL] === id && labels[INSTALLATION_LABEL] === installation;
}
