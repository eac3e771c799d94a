/** Writes of one key: what was read, decided, checked and committed belongs together, or is done again. */
import { createHash, randomUUID } from 'node:crypto';
import type { ActorContext } from '../../../kernel/context.ts';
import { idempotencyExpiry } from '../../../kernel/idempotency.ts';
import type { Change, Place, StoredConfig } from '../store/port.ts';
import { type Expected, type Found, requireExpected, versionConflict } from './expected.ts';

/** Writes of others that a caller of any version lets go first. */
const TRIES_MAX = 20;

interface Wanted extends Expected {
  readonly place: Place;
  readonly key: string;
  /** The key as it was just read. */
  readonly found: Found;
  /** Returns the change of what was found, or null when nothing has to change. */
  readonly change: (found: Found) => Promise<Change | null>;
}

export interface Written {
  readonly epoch: string;
  readonly config: StoredConfig;
  /** False when it already was so. */
  readonly changed: boolean;
}

/**
 * Reads the key, decides, and commits the change if the key is still as it was read. A caller that takes any version looks
 * again when another writer was first; every other one gets `version_conflict` or `precondition_failed`. Throws
 * `expected_version_required`, like `change`, and like `commit` of the store.
 */
export async function writeKey(ctx: ActorContext, wanted: Wanted): Promise<Written> {
  const { place, key } = wanted;
  const write_id = writeIdOf(ctx);
  let { found } = wanted;
  for (let left = TRIES_MAX; left > 0; left -= 1) {
    const own = await ownWrite(ctx, { place, config: found.config, write_id });
    if (own !== undefined) return { epoch: found.epoch, config: own, changed: true };
    // Any caller but one that takes any version ends here when another writer was first.
    requireExpected(ctx, found, wanted);
    const written = await writeOnce(ctx, { ...wanted, found, write_id });
    if (written !== undefined) return written;
    found = await ctx.configStore.find(ctx, place, key);
  }
  throw versionConflict(found);
}

interface OwnWrite {
  readonly place: Place;
  /** The key as it was just read. */
  readonly config: StoredConfig | undefined;
  readonly write_id: string;
}

/**
 * Returns what this very write has made of the key already, when its answer was lost: also where another write followed. The
 * key was read before, so a write that takes effect after the look changes it, and the commit is refused.
 */
export async function ownWrite(
  ctx: ActorContext,
  { place, config, write_id }: OwnWrite,
): Promise<StoredConfig | undefined> {
  if (config === undefined || config.write_id === write_id) return config;
  if (ctx.idempotencyClaim === null) return undefined;
  // What is older was made with an Idempotency-Key that is forgotten: the same request is a new one by now.
  const since = idempotencyExpiry(ctx.clock()).toISOString();
  if (config.updated_at < since) return undefined;
  return ctx.configStore.findWritten?.(ctx, place, { key: config.key, write_id, since });
}

/** Returns what was written, or undefined when the key is not as it was read any more. */
async function writeOnce(
  ctx: ActorContext,
  { place, found, change, write_id }: Wanted & { readonly write_id: string },
): Promise<Written | undefined> {
  const { epoch, config } = found;
  const wanted = await change(found);
  if (wanted === null) {
    if (config === undefined) throw new Error('a key that was never written has to change');
    return { epoch, config, changed: false };
  }
  const result = await ctx.configStore.commit(ctx, place, { changes: [wanted], write_id });
  if (result.outcome === 'conflict') return undefined;
  const [written] = result.configs;
  if (written === undefined) throw new Error('one change gives one value');
  return { epoch: result.epoch, config: written, changed: true };
}

/**
 * Names the write: repetitions of one request with one Idempotency-Key have one name. Values keep the name for longer than the
 * key is remembered, so another request that comes with the same key later has another name.
 */
export function writeIdOf({ idempotencyClaim }: ActorContext): string {
  if (idempotencyClaim === null) return randomUUID();
  const { principal, key, request_hash } = idempotencyClaim;
  return createHash('sha256').update(`${principal}\n${key}\n${request_hash}`).digest('base64url');
}
