/** What travels with a request: who asks, how to find it again, and what the product runs on. */
import type { Db } from '@tenant-registry/db';
import type { Argon2 } from './argon2.ts';
import type { Clock } from './clock.ts';
import type { ErrorFactory } from './errors.ts';
import type { Logger } from './logger.ts';
import type { CursorCodec } from './pagination.ts';
import type { Permission, Role } from './permissions.ts';
import type { ProofMemory } from './proof-memory.ts';
import type { Recency } from './recency.ts';

/** Who asks. The one seam of authentication: everything behind it reads only this. */
export interface Actor {
  readonly type: Role;
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
  readonly argon2: Argon2;
  readonly proofs: ProofMemory;
  /** When API keys were last used. */
  readonly lastUsed: Recency;
}

export interface Context extends Dependencies {
  /** Null until a credential was accepted; procedures that need one refuse null. */
  readonly actor: Actor | null;
  readonly requestId: string;
  readonly sourceIp: string | null;
  /** The value of If-Match, when the caller sent it. */
  readonly ifMatch: string | null;
}

/** A context in which somebody is known: what services get. */
export interface ActorContext extends Context {
  readonly actor: Actor;
}
