/** The context of a request: its caller, its id, and the parts that the product runs on. */
import type { DatabaseHandle, Db, idempotency, TenantScope, TenantTable } from '@tenant-registry/db';
import type { Actor } from './actor.ts';
import type { BackgroundQueue } from './async/background-queue.ts';
import { type Deadline, noDeadline } from './async/deadline.ts';
import type { Budgets } from './budgets.ts';
import type { AccessLog } from './buffered/access-log.ts';
import type { Clock } from './clock.ts';
import type { CursorCodec } from './cursors.ts';
import type { DomainError, ErrorFactory } from './errors.ts';
import type { Gate } from './gate.ts';
import type { Leases } from './leases.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { Outbound } from './outbound.ts';
import type { Grants, Permission } from './permissions.ts';
import type { Quotas } from './quotas.ts';
import type { RegistryClock } from './registry-clock.ts';
import type { RequestFacts } from './request-facts.ts';
import type { Sealed } from './sealed.ts';
import type { Argon2 } from './secrets/argon2.ts';
import type { SharedCounts } from './shared-counts.ts';
import type { Signals } from './signals.ts';

/** The parts that every module may use, made once at start. */
export interface KernelDependencies {
  /** Sees every tenant. */
  readonly db: Db;
  /**
   * Sees one tenant, or one project of it: the database sees to that. Takes connections in the tenant's turn; a statement
   * throws `tenant_busy` and `overloaded`, and the reason of a signal that aborts while the turn has not come.
   */
  readonly forTenant: (scope: TenantScope, signal?: AbortSignal) => Db;
  /** Stands in front of the connections, for work of tenants. */
  readonly databaseGate: Gate;
  readonly database: DatabaseHandle;
  /** The time of the database: whatever ends by time is compared with this clock. */
  readonly clock: Clock;
  /** Measures how far the clock of the process is from that. */
  readonly registryClock: RegistryClock;
  readonly logger: Logger;
  readonly constraints: ReadonlyMap<string, ErrorFactory>;
  readonly cursors: CursorCodec;
  /** Stands in front of the pages of lists whose rows can be large. */
  readonly largePages: Gate;
  readonly grants: Grants;
  /** What callers and tenants may spend in a minute. */
  readonly budgets: Budgets;
  /** How many of its things a tenant may have in use. */
  readonly quotas: Quotas;
  readonly argon2: Argon2;
  /** Seals secrets that have to be read again, by what they are for. */
  readonly sealed: Sealed;
  readonly leases: Leases;
  /** Says inside this process that there is work. */
  readonly signals: Signals;
  readonly metrics: Metrics;
  /** What the processes of the group count together; null: the process is alone. */
  readonly sharedCounts: SharedCounts | null;
  readonly backgroundQueue: BackgroundQueue;
  /** Which credentials were accepted and which were refused. */
  readonly accessLog: AccessLog;
  /** Fetches from other people's servers. */
  readonly outbound: Outbound;
  /** The types of all events that the registry records. */
  readonly eventTypes: readonly string[];
  /** The tables that hold what a tenant owns, by the name that the caller reads. */
  readonly holdings: Readonly<Record<string, TenantTable>>;
}

/** The parts that modules add. Each module declares its member by merging, beside the code that makes it. */
// biome-ignore lint/suspicious/noEmptyInterface: modules fill it
export interface Ports {}

/** All parts that the product runs on, made once at start. */
export interface Dependencies extends KernelDependencies, Ports {}

export interface Context extends Dependencies {
  /** Sees what the actor may see: all tenants, or its own. */
  readonly db: Db;
  /** Sees every tenant, for every caller: for data that belongs to no tenant. */
  readonly root: Db;
  /** Null until a credential was accepted; procedures that need one refuse null. */
  readonly actor: Actor | null;
  /** Why the credential was refused, when one was sent. */
  readonly refusal: DomainError | null;
  readonly requestId: string;
  /** What its line in the log will say; null: there is no request. */
  readonly facts: RequestFacts | null;
  /** Aborts when the answer is over, with the error that work for it ends with: the caller has left, or has another answer. */
  readonly signal: AbortSignal;
  /** Aborted by what a subscription listens to, when its connection is to be broken. */
  readonly cut: AbortController;
  /** After it the caller has another answer, and nothing is committed any more. */
  readonly deadline: Deadline;
  readonly sourceIp: string | null;
  /** The network that it came from, by which unknown callers are counted. */
  readonly network: string;
  /** The value of Origin, when the caller sent it: the page of a browser that the request came from. */
  readonly origin: string | null;
  /** The value of the session cookie by which the actor became known; null: it was another credential. */
  readonly sessionCookie: string | null;
  /** The value of If-Match, when the caller sent it. */
  readonly ifMatch: string | null;
  /** The value of Idempotency-Key, when the caller sent it. */
  readonly idempotencyKey: string | null;
  /** The value of Last-Event-ID, when the caller sent it. */
  readonly lastEventId: string | null;
  /**
   * Tells whether the credential of the request would be accepted now, as the same caller and with the permission: by a
   * role, or in the project by its level there. For answers that last. Rejects when that cannot be known now.
   */
  readonly stillAccepted: (permission: Permission, projectId?: string) => Promise<boolean>;
  /** Set while the work of an idempotent request runs: `transact` marks it. */
  readonly idempotencyClaim: idempotency.IdempotencyClaim | null;
  /** Headers that the answer gets on top of its own. */
  readonly answerHeaders: Map<string, string>;
}

/** The parts of a context that no request has brought. */
export const noRequest = {
  refusal: null,
  facts: null,
  signal: new AbortController().signal,
  cut: new AbortController(),
  deadline: noDeadline,
  sourceIp: null,
  network: 'unknown',
  origin: null,
  sessionCookie: null,
  ifMatch: null,
  idempotencyKey: null,
  lastEventId: null,
  stillAccepted: async () => true,
  idempotencyClaim: null,
  answerHeaders: new Map<string, string>(),
} as const;

/** A context with a known caller, as services get it. */
export interface ActorContext extends Context {
  readonly actor: Actor;
}

/** A user of a tenant that is the caller itself, and not the owner of the key that calls. */
export interface Person {
  readonly tenant_id: string;
  readonly user_id: string;
  /** The browser session that the request came in; null: it came with a token. */
  readonly session_id: string | null;
}

/** A context whose caller is a person. */
export interface PersonContext extends ActorContext {
  readonly person: Person;
}
