/** What travels with a request: who asks, how to find it again, and what the product runs on. */
import type { Db, idempotency } from '@tenant-registry/db';
import type { Argon2 } from './argon2.ts';
import type { Catalog } from './catalog.ts';
import type { Clock } from './clock.ts';
import type { ErrorFactory } from './errors.ts';
import type { Logger } from './logger.ts';
import type { Outbound } from './outbound.ts';
import type { CursorCodec } from './pagination.ts';
import type { Permission, Role } from './permissions.ts';
import type { ProofMemory } from './proof-memory.ts';
import type { Recency } from './recency.ts';

/** Who asks. The one seam of authentication: everything behind it reads only this. */
export interface Actor {
  /** A role, or `system` for work that nobody asked for. */
  readonly type: Role | 'system';
  readonly id: string;
  readonly name: string;
  readonly permissions: ReadonlySet<Permission>;
}

/** What the product runs on, made once at start. */
export interface Dependencies {
  readonly db: Db;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly constraints: ReadonlyMap<string, ErrorFactory>;
  readonly cursors: CursorCodec;
  readonly catalog: Catalog;
  readonly argon2: Argon2;
  readonly proofs: ProofMemory;
  /** When API keys were last used. */
  readonly lastUsed: Recency;
  /** Fetches from other people's servers. */
  readonly outbound: Outbound;
}

export interface Context extends Dependencies {
  /** Null until a credential was accepted; procedures that need one refuse null. */
  readonly actor: Actor | null;
  readonly requestId: string;
  readonly sourceIp: string | null;
  /** The value of If-Match, when the caller sent it. */
  readonly ifMatch: string | null;
  /** The value of Idempotency-Key, when the caller sent it. */
  readonly idempotencyKey: string | null;
  /** Set while the work of an idempotent request runs: `transact` marks it. */
  readonly idempotencyClaim: idempotency.IdempotencyClaim | null;
  /** Headers that the answer gets on top of its own. */
  readonly answerHeaders: Map<string, string>;
}

/** The parts of a context that no request has brought. */
export const noRequest = {
  sourceIp: null,
  ifMatch: null,
  idempotencyKey: null,
  idempotencyClaim: null,
  answerHeaders: new Map<string, string>(),
} as const;

/** A context in which somebody is known: what services get. */
export interface ActorContext extends Context {
  readonly actor: Actor;
}
