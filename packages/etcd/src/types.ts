/** What callers of the client say and are told. */
import type { EtcdError } from './errors.ts';

/** One key with its value. Both are text: bytes of other programs that are no UTF-8 are read with replacement characters. */
export interface Kv {
  readonly key: string;
  readonly value: string;
  /** The revision of the store at which the key was made, since it was last absent. */
  readonly createRevision: number;
  /** The revision of the store of the key's last change. */
  readonly modRevision: number;
  /** Counts the writes since the key was made: 1 is the first. 0 in the event of a deletion. */
  readonly version: number;
}

/** One key, or all keys that begin with a text; the empty prefix means all. */
export type Keys = { readonly key: string } | { readonly prefix: string };

export interface RangeOptions {
  /** Reads the store as it was at this revision. */
  readonly revision?: number;
  /** Returns that many keys at most. */
  readonly limit?: number;
  /** Begins behind this key, which need not exist. */
  readonly after?: string;
  /** Leaves the values out: each is ''. */
  readonly keysOnly?: boolean;
  /** Returns `count` and no keys. */
  readonly countOnly?: boolean;
  /** By key, ascending, unless it says otherwise. By mod_revision etcd reads and sorts all keys before it applies `limit`. */
  readonly order?: { readonly by: 'key' | 'mod_revision'; readonly descending?: boolean };
}

export interface RangeAnswer {
  /** The revision of the store when the read was answered, also for a read of the past. */
  readonly revision: number;
  readonly kvs: readonly Kv[];
  /** `limit` left keys out. */
  readonly more: boolean;
  /** All keys of the range, whatever `limit` says. */
  readonly count: number;
}

export type Op =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'delete'; readonly key: string }
  | { readonly type: 'get'; readonly key: string };

/** What became of one operation. */
export type OpAnswer =
  | { readonly type: 'put' }
  /** 0 or 1. */
  | { readonly type: 'delete'; readonly deleted: number }
  | { readonly type: 'get'; readonly kv: Kv | null };

export interface Compare {
  readonly key: string;
  /** 0 holds for an absent key. */
  readonly modRevision: number;
}

export interface Txn {
  /** All must hold; none always hold. */
  readonly compare?: readonly Compare[];
  /** A key may be written once. */
  readonly success: readonly Op[];
  readonly failure?: readonly Op[];
}

export interface TxnAnswer {
  /** Whether the comparisons held, so which list of operations was done. */
  readonly succeeded: boolean;
  readonly revision: number;
  /** One for each operation of that list, in its order. */
  readonly responses: readonly OpAnswer[];
}

export interface WatchEvent {
  readonly type: 'put' | 'delete';
  /** Of a deletion: the key, and its revision as `modRevision`. */
  readonly kv: Kv;
}

/** Everything that one revision changed among the watched keys. */
export interface WatchBatch {
  readonly revision: number;
  readonly events: readonly WatchEvent[];
}

export type WatchOptions = Keys & {
  /** The first revision that is told; absent: the one after the watch was asked for. */
  readonly startRevision?: number;
  /** Ends the watch. */
  readonly signal: AbortSignal;
};

export interface MemberStatus {
  readonly memberId: string;
  readonly version: string;
  /** Bytes of the database file, which shrinks by defragmentation alone. */
  readonly dbSize: number;
  /** Bytes of it that hold data. */
  readonly dbSizeInUse: number;
  /** The limit of `dbSize`; null where etcd does not tell it (before 3.6). */
  readonly quota: number | null;
  /** The member id of the leader; null while there is none. */
  readonly leader: string | null;
  readonly raftIndex: number;
  readonly raftTerm: number;
  readonly raftAppliedIndex: number;
  /** Troubles that the member tells of itself. */
  readonly errors: readonly string[];
}

export type EndpointStatus =
  | ({ readonly endpoint: string; readonly answered: true } & MemberStatus)
  | { readonly endpoint: string; readonly answered: false; readonly error: EtcdError };

export interface Alarm {
  readonly memberId: string;
  readonly alarm: 'no_space' | 'corrupt' | 'unknown';
}

/** Limits of time in ms. */
export interface Timing {
  /** A read over all its attempts: 2,000. */
  readonly readMs: number;
  /** A write over all its attempts: 3,000. */
  readonly writeMs: number;
  /** After so long without an answer a read is sent to one more endpoint: 600. */
  readonly overtakeMs: number;
  /** A write waits so long for the connection to one endpoint: 500. */
  readonly connectMs: number;
  /** A watch that heard nothing for so long asks its endpoint for a linearizable read: 2,000. */
  readonly probeMs: number;
  /** The read of a watch must be answered within: 1,000. */
  readonly probeAnswerMs: number;
}

export interface EtcdOptions {
  /** `https://host:2379` or `http://host:2379`, one for each member. */
  readonly endpoints: readonly string[];
  /** PEM. Without `ca` the certificates of the system decide; `cert` and `key` are the client's own. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly username?: string;
  readonly password?: string;
  /** The endpoint that is asked first; absent: a random one, so that several processes spread. */
  readonly firstEndpoint?: number;
  readonly timing?: Partial<Timing>;
}

/**
 * A client of one etcd cluster (v3 API, 3.4 and later). Every method rejects with an `EtcdError`, and with a `TypeError` for
 * text that is no well-formed Unicode and for revisions that are no whole numbers below 2^53:
 *
 * - A read (`range`, `status`, `alarms`, a `txn` of nothing but gets, also `compact` and `disarm`, whose repetition does
 *   nothing) is tried on other endpoints until its deadline; then it is `unavailable`.
 * - A write (`txn`, `put`, `deleteKeys`) goes to another endpoint while it certainly was not taken. Once it may have been
 *   sent it is not repeated: `unavailable` says that nothing happened, `unknown_outcome` that the caller must look.
 */
export interface Etcd {
  /**
   * Returns keys as of now or later: never a state older than any answer that was given before the call (linearizable).
   * @throws {EtcdError} `compacted` with the compaction's revision unknown, for a `revision` that is gone.
   */
  range(asked: Keys, options?: RangeOptions): Promise<RangeAnswer>;
  /**
   * Does `success` when all comparisons hold, else `failure`, at one revision and at once.
   * @throws {EtcdError} `too_large`: more than 128 comparisons or operations in a list, or more bytes than the server takes (1.5 MiB).
   */
  txn(asked: Txn): Promise<TxnAnswer>;
  /** Sets one key; resolves to the revision. */
  put(key: string, value: string): Promise<{ readonly revision: number }>;
  /** Deletes keys in one transaction, 128 at most; resolves to how many there were. */
  deleteKeys(keys: readonly string[]): Promise<{ readonly revision: number; readonly deleted: number }>;
  /**
   * Yields every change from a revision on, once, in order, all changes of one revision together. Connections that fail
   * are the client's business: it goes on with another endpoint behind what it yielded, however long that takes. The next
   * message is read when the caller takes the next batch. Returns when the signal aborts.
   * @throws {EtcdError} `compacted` when the revision to go on from is gone, `permission_denied`, `unauthenticated`.
   */
  watch(asked: WatchOptions): AsyncIterable<WatchBatch>;
  /** Forgets what was overwritten before the revision. Does nothing when a later one was compacted already. */
  compact(revision: number): Promise<void>;
  /** Asks every endpoint; those that do not answer say so. Also answered by a member without a quorum. */
  status(): Promise<readonly EndpointStatus[]>;
  alarms(): Promise<readonly Alarm[]>;
  /**
   * Ends the alarms `no_space`. The next put raises them again while the file of a database is past its quota, and only
   * defragmentation of each member makes that file smaller (`etcdctl defrag`).
   */
  disarm(): Promise<void>;
  /** Ends all connections; calls that wait for an answer are rejected, watches return. */
  close(): void;
}
