/** What travels with a request: who asks, how to find it again, and what the product runs on. */
import type { apiKeys, Db, idempotency, TenantScope } from '@tenant-registry/db';
import type { Actor } from './actor.ts';
import type { AccessLog } from './buffered/access-log.ts';
import type { LastSeen } from './buffered/last-seen.ts';
import type { Catalog } from './catalog.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { Clock } from './clock.ts';
import type { CursorCodec } from './cursors.ts';
import type { DomainError, ErrorFactory } from './errors.ts';
import type { Leases } from './leases.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { Outbound } from './outbound.ts';
import type { Argon2 } from './secrets/argon2.ts';
import type { Peppers } from './secrets/pepper.ts';

/** What the product runs on, made once at start. */
export interface Dependencies {
  /** Sees every tenant. */
  readonly db: Db;
  /** Sees one tenant, or one project of it: the database sees to that. */
  readonly forTenant: (scope: TenantScope) => Db;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly constraints: ReadonlyMap<string, ErrorFactory>;
  readonly cursors: CursorCodec;
  readonly catalog: Catalog;
  readonly argon2: Argon2;
  readonly peppers: Peppers;
  readonly leases: Leases;
  /** What a presented API key may do now; null: it is nobody's. Without waiting when memory may be answered from. */
  authorityOf(key: string): apiKeys.ApiKeyAuthority | null | Promise<apiKeys.ApiKeyAuthority | null>;
  readonly metrics: Metrics;
  /** When API keys were last used. */
  readonly lastUsed: LastSeen;
  /** Who came in, and who did not. */
  readonly accessLog: AccessLog;
  /** Fetches from other people's servers. */
  readonly outbound: Outbound;
  /** Tells products whose verdicts are no longer what they were. */
  readonly changeFeed: ChangeFeed;
}

export interface Context extends Dependencies {
  /** Sees what the actor may see: all tenants, or its own. */
  readonly db: Db;
  /** Sees every tenant whoever asks: for what belongs to none. */
  readonly root: Db;
  /** Null until a credential was accepted; procedures that need one refuse null. */
  readonly actor: Actor | null;
  /** Why the credential was refused, when one was sent. */
  readonly refusal: DomainError | null;
  readonly requestId: string;
  readonly sourceIp: string | null;
  /** The value of If-Match, when the caller sent it. */
  readonly ifMatch: string | null;
  /** The value of Idempotency-Key, when the caller sent it. */
  readonly idempotencyKey: string | null;
  /** The value of Last-Event-ID, when the caller sent it. */
  readonly lastEventId: string | null;
  /** Set while the work of an idempotent request runs: `transact` marks it. */
  readonly idempotencyClaim: idempotency.IdempotencyClaim | null;
  /** Headers that the answer gets on top of its own. */
  readonly answerHeaders: Map<string, string>;
}

/** The parts of a context that no request has brought. */
export const noRequest = {
  refusal: null,
  sourceIp: null,
  ifMatch: null,
  idempotencyKey: null,
  lastEventId: null,
  idempotencyClaim: null,
  answerHeaders: new Map<string, string>(),
} as const;

/** A context in which somebody is known: what services get. */
export interface ActorContext extends Context {
  readonly actor: Actor;
}
