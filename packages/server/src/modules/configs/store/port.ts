/**
 * The store of configurations: where the current value of each key is, and how it changes. Both stores keep the whole
 * contract (store/contract.ts), and nothing else in the registry knows which of them there is.
 */
import type { ActorContext } from '../../../kernel/context.ts';
import type { State } from '../cursor.ts';
import type { Author, Operation } from '../schema.ts';

/** A project, found by the caller's own reach. */
export interface Place {
  readonly tenant_id: string;
  readonly project_id: string;
}

/** A project, and where it and its tenant stood in their lives when it was found. */
export interface ReadPlace extends Place {
  readonly tenant_status: 'active' | 'archived' | 'demo' | 'frozen' | 'trial';
  readonly project_status: 'active' | 'archived';
}

/** Which version of which schema the content of a key is checked against; null: of none. */
export interface Pin {
  readonly schema_id: string | null;
  readonly schema_version: number | null;
}

/** A key as the store has it: its value, or the tombstone of a deleted one. */
export interface StoredConfig extends Place, Pin {
  readonly key: string;
  /** Counts the writes of the key, deletes too. */
  readonly version: number;
  /** Orders the changes of the project; changes that are made together have one. */
  readonly revision: number;
  readonly deleted: boolean;
  /** Null of a deleted one; null can also be a value. */
  readonly content: unknown;
  /** Of the form of RFC 8785; null of a deleted one. */
  readonly content_sha256: string | null;
  /** Names the write that made it, so that a writer whose answer was lost knows its own. */
  readonly write_id: string;
  readonly updated_by: Author;
  readonly updated_by_user_id: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** What is shown of a key with a value, whose content nobody looks into: it is JSON as text. */
export interface ConfigText
  extends Omit<StoredConfig, 'content' | 'content_sha256' | 'deleted' | 'write_id' | 'updated_by_user_id'> {
  readonly content: string;
  readonly content_sha256: string;
}

export interface FoundKey {
  readonly epoch: string;
  /** A tombstone too; undefined when it was never written. */
  readonly config: StoredConfig | undefined;
}

/** One write of one key. */
export interface Change extends Pin {
  readonly key: string;
  /** The key as it was read; the write is refused unless it still is so. Absent: the key was never written. */
  readonly base: StoredConfig | undefined;
  readonly operation: Operation;
  /** Of a rollback: the version whose content comes back. */
  readonly source_version: number | null;
  readonly content: unknown;
  readonly content_sha256: string | null;
  readonly reason: string | null;
  /** The readers that do not accept the content, and were ignored. */
  readonly ignored_readers: readonly string[];
}

export interface Write {
  /** At most 60, of different keys, with 480 KiB of content together. */
  readonly changes: readonly Change[];
  readonly write_id: string;
}

/** Names a write of a key. */
export interface Written {
  readonly key: string;
  readonly write_id: string;
  /** A write that was made before is another one of the same name. As the registry writes times. */
  readonly since: string;
}

export type Outcome =
  | {
      readonly outcome: 'committed';
      readonly epoch: string;
      /** In the order of the changes. */
      readonly configs: readonly StoredConfig[];
    }
  /** Nothing was written: the base of this key is not current any more. */
  | { readonly outcome: 'conflict'; readonly key: string };

/** One change of a key, as history and watchers tell it. */
export interface Revision extends Place, Pin {
  readonly key: string;
  readonly version: number;
  readonly revision: number;
  readonly operation: Operation;
  readonly source_version: number | null;
  readonly content: unknown;
  readonly content_sha256: string | null;
  readonly author: Author;
  readonly reason: string | null;
  readonly created_at: string;
}

/** A change as watchers are told of it. */
export interface TailedChange extends Revision {
  /** The content is too long to be told, and was not read: it is null here. */
  readonly content_omitted?: boolean;
}

export interface PageOfKeys {
  readonly prefix: string;
  /** The key after which the page begins; absent: the first. */
  readonly after?: string | undefined;
  readonly limit: number;
  /** The page ends with the row that reaches this many bytes of content: one row at least always comes. */
  readonly bytesMax: number;
  /** The state to read; absent: the current one. */
  readonly at?: State | undefined;
  /** Deleted keys come too, from the current state of a store that has `findWritten`. */
  readonly tombstones?: boolean | undefined;
}

/**
 * The changes of one project, as this process hears them. All watchers of the project share it; `release` gives one share
 * back.
 */
export interface ProjectTail {
  /** Becomes another one when the store was moved or repaired meanwhile: then no revision of before means anything. */
  readonly epoch: string;
  /** The newest revision whose changes are in hand. */
  latest(): number;
  /**
   * Resolves when all changes are in hand that the store had answered before the call. Rejects while the store cannot be
   * asked.
   */
  settle(): Promise<void>;
  /**
   * Returns changes after the revision, oldest first, whole revisions of about `bytesMax` bytes together, none when there
   * are none in hand; undefined when some of them are gone, or the project was never at the revision.
   */
  changesAfter(revision: number, bytesMax: number): Promise<readonly TailedChange[] | undefined>;
  /** Calls the listener when there may be more. Returns how to stop that. */
  onNews(listener: () => void): () => void;
  release(): void;
}

/** Names a version of a key. */
export interface Version {
  readonly key: string;
  readonly version: number;
}

export interface UnrelayedPage {
  readonly key: string;
  /** The version before which the page begins; absent: the newest is the first. */
  readonly before?: number | undefined;
  readonly limit: number;
  /** The page ends with the version that reaches this many bytes: one at least always comes. */
  readonly bytesMax: number;
}

/** What the newest version of a key is checked against; null: nothing, or the key is deleted. */
export interface UnrelayedPin {
  readonly project_id: string;
  readonly key: string;
  readonly schema_id: string | null;
}

/** Reads are linearizable: they see every write that was answered before they began. */
export interface ConfigStore {
  readonly kind: 'postgres' | 'etcd';
  /** Returns the key, a tombstone too; undefined when it was never written. */
  find(ctx: ActorContext, place: Place, key: string): Promise<FoundKey>;
  /**
   * Returns keys with a value in the order of their bytes, all of one state. Throws `invalid_cursor` for a state of
   * another epoch, or one that is not kept any more.
   */
  page(
    ctx: ActorContext,
    place: Place,
    asked: PageOfKeys,
  ): Promise<State & { readonly rows: readonly StoredConfig[]; readonly more: boolean }>;
  /** Returns the current state of the project; revision 0 when nothing was ever written. */
  head(ctx: ActorContext, place: Place): Promise<State>;
  /**
   * Makes all changes at one revision, or none: values, revisions, audit rows and events in one commit. Throws
   * `not_found`, `tenant_frozen`, `tenant_archived`, `project_archived`, `config_quota_exceeded`, `config_store_full`,
   * `unavailable`.
   */
  commit(ctx: ActorContext, place: Place, write: Write): Promise<Outcome>;
  /**
   * Returns the key as a write left it, whatever followed; undefined when the write did not happen. Throws `unavailable`
   * when more waits for the database than is looked through. Absent: the store knows the outcome of every write that it was
   * asked for, so nobody has to look for one.
   */
  findWritten?(ctx: ActorContext, place: Place, written: Written): Promise<StoredConfig | undefined>;
  /** Returns the version of the key when the database does not have it yet. Absent: the database has every version. */
  findUnrelayed?(ctx: ActorContext, place: Place, version: Version): Promise<Revision | undefined>;
  /**
   * Returns versions of the key that the database does not have yet, newest first, and whether older ones follow. Absent:
   * the database has every version.
   */
  listUnrelayed?(
    ctx: ActorContext,
    place: Place,
    asked: UnrelayedPage,
  ): Promise<{ readonly rows: readonly Revision[]; readonly more: boolean }>;
  /**
   * Returns the keys of the tenant whose newest version the database does not have yet, and the schemas of these versions.
   * A write that pins a schema anew and was checked before the call is not made after it: it is checked again. So the
   * caller, who holds the schema against `lockConfigSchema`, sees every pin of it. Throws `unavailable` when too much
   * waits, `config_store_full`. Absent: the database has every version.
   */
  listUnrelayedPins?(ctx: ActorContext, tenantId: string): Promise<readonly UnrelayedPin[]>;
  /** Begins to hear the changes of a project. */
  tail(place: Place): Promise<ProjectTail>;
  /** Whether it answers, for the metric `config_store_up`. */
  isUp(): boolean;
  close(): void;
}
