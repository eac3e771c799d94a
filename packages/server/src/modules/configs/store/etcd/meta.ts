/** Which epoch the values in etcd are of, and how its revisions become those of projects. */
import type { Kv } from '@tenant-registry/etcd';

export interface MetaText {
  readonly epoch: string;
  /**
   * Added to etcd's revisions, so that revisions of a project go on rising when its values come from another store, or into
   * another cluster.
   */
  readonly base: number;
  /** `copying`: values are being written. `frozen`: nothing is written, the values move to the database. `left`: they have moved. */
  readonly state: 'copying' | 'ready' | 'frozen' | 'left';
}

export interface Meta extends MetaText {
  /** Every write names it, so that no write survives a change of this key. */
  readonly modRevision: number;
}

/** Returns what the key says. */
export function readMeta({ value, modRevision }: Kv): Meta {
  return { ...(JSON.parse(value) as MetaText), modRevision }; // what the registry wrote itself
}

/** Returns what is written. */
export function metaText({ epoch, base, state }: MetaText): string {
  return JSON.stringify({ epoch, base, state });
}
