/**
 * The port between the registry and whatever makes databases. The registry says what is wanted of one database, completely,
 * and the provisioner brings the world nearer to it and says what it sees. A pass may end anywhere, and the next one goes on.
 */

/** What the registry wants of a database. `retained`: its data is kept, and nobody gets in. */
export type Want = 'running' | 'asleep' | 'retained' | 'destroyed';

/** One of the two logins of a database; each rotation goes to the other one. */
export type Slot = 'a' | 'b';

/** How a database is built: a tier's, with the overrides of its order. */
export interface Spec {
  readonly instances: number;
  /** Quantities as Kubernetes writes them: `500m`, `1Gi`. */
  readonly cpu: string;
  readonly memory: string;
  readonly storage: string;
  /** Null: the provisioner's own. */
  readonly image: string | null;
  /** Settings of PostgreSQL, by name. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Connections that clients may have at once. */
  readonly connections: number;
  readonly pool: { readonly mode: 'session' | 'transaction'; readonly instances: number };
  /** Six fields of cron, seconds first; null: no backups by schedule. */
  readonly backup_schedule: string | null;
  readonly extensions: readonly string[];
}

/** The names of everything that belongs to a database, each at most 63 characters. */
export interface Names {
  readonly namespace: string;
  readonly cluster: string;
  readonly pooler: string;
  /** The secret that consumers read. */
  readonly credentials: string;
  /** The secrets of the two logins. */
  readonly logins: Readonly<Record<Slot, string>>;
}

export interface Desired {
  readonly id: string;
  readonly tenant_id: string;
  readonly want: Want;
  readonly names: Names;
  readonly spec: Spec;
  /**
   * `current` is the login that `credentials` shall name: one without a stored password gets a new one, is proved, and only
   * then is `credentials` switched. `other` is left as it is while it is `open`; once it is `closed`, its sessions end, it
   * cannot log in, and its password is forgotten, so that it gets a new one when it is current again. A login that is not
   * proved yet closes nothing.
   */
  readonly logins: { readonly current: Slot; readonly other: 'open' | 'closed' };
  /**
   * What the database that was made is known by; null: none was seen yet, so one may be made. A database of another
   * identity, or none, where this is set, is `lost`, and nothing is made in its place.
   */
  readonly external_uid: string | null;
}

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string | null;
  readonly message: string | null;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly sslmode: 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';
}

/** Where the credentials are: a Secret of Kubernetes, or a folder with one file for each key. */
export interface SecretReference {
  readonly kind: 'kubernetes' | 'directory';
  /** Of Kubernetes; for a directory, its path. */
  readonly namespace: string;
  readonly name: string;
  readonly keys: readonly string[];
}

/** What is known of a database after a pass. */
export type Phase =
  /** On its way to what is wanted: asked again soon. */
  | { readonly phase: 'working'; readonly reason: WorkingReason }
  /** `want` is running, and a client can connect with the stored credential. */
  | { readonly phase: 'ready'; readonly reason: 'healthy' | 'changing' | 'degraded' }
  /** `want` is asleep: the data is there, and nobody gets in. */
  | { readonly phase: 'asleep' }
  /** `want` is retained: as asleep, for good; all logins are closed. */
  | { readonly phase: 'retained' }
  /** `want` is destroyed: nothing with our mark is left. */
  | { readonly phase: 'gone' }
  /** The database that `external_uid` names is not there, or another one is in its place. */
  | { readonly phase: 'lost' }
  /** Only a person can go on: the order was refused, the name belongs to something that is not ours, or it is broken. */
  | { readonly phase: 'failed'; readonly reason: 'refused' | 'conflict' | 'unrecoverable' };

export type WorkingReason =
  | 'applying'
  | 'waiting_for_database'
  | 'waiting_for_pooler'
  | 'waiting_for_credentials'
  | 'removing'
  | 'waiting_for_finalizer';

export type Observed = Phase & {
  /** For a person: what is waited for, or what is wrong and what can be done. Null when there is nothing to say. No secret. */
  readonly message: string | null;
  /** Everything is as wanted, and not only usable. */
  readonly in_sync: boolean;
  readonly conditions: readonly Condition[];
  /** Null until the database itself exists. */
  readonly external_uid: string | null;
  readonly endpoint: Endpoint | null;
  /** The name of the secret that consumers read; null until it is there. */
  readonly secret_name: string | null;
  /** What had changed by itself and was put back in this pass, in words: `parameter work_mem`, `pooler`. */
  readonly repaired: readonly string[];
  /** The login that `credentials` names and that was proved in this pass, and whether the other one is closed. */
  readonly login: { readonly current: Slot; readonly other: 'open' | 'closed' } | null;
};

/** Something in the world that carries the mark of this installation. */
export interface Survey {
  /** The id of the database in its mark. */
  readonly id: string;
  readonly namespace: string;
  /** `database`, `role`, `Cluster`, `Secret`, … */
  readonly kind: string;
  readonly name: string;
}

/** The world did not answer, or not in a way that says anything: the pass is repeated later. */
export class ProvisionerUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProvisionerUnavailable';
  }
}

export interface Provisioner {
  readonly kind: 'postgres' | 'cnpg' | 'memory';
  /** Where the secrets of databases of this provisioner are. */
  secretOf(names: Names): SecretReference;
  /**
   * Brings one database nearer to what is wanted and says what is there. Two passes at once do no harm, and a pass that was
   * cut off at any call is gone on with by the next one. Throws `ProvisionerUnavailable`, or the reason of the signal.
   */
  reconcile(desired: Desired, signal: AbortSignal): Promise<Observed>;
  /** Everything with the mark of this installation. Throws `ProvisionerUnavailable`. */
  list(signal: AbortSignal): Promise<readonly Survey[]>;
  /**
   * Tells the ids of databases in whose world something changed, until the signal ends or the watch breaks. `live` is called
   * once the watch stands. Absent: the provisioner tells of nothing, and passes find out.
   */
  watch?(
    told: { readonly changed: (id: string) => void; readonly live: () => void },
    signal: AbortSignal,
  ): Promise<void>;
  /** Ends what it holds open. */
  close(): Promise<void>;
}
