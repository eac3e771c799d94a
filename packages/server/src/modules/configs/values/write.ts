/** Writes of one key: what was read, decided, checked and committed belongs together, or is done again. */
import { createHash, randomUUID } from 'node:crypto';
import type { ActorContext } from '../../../kernel/context.ts';
import type { Change, Place, StoredConfig } from '../store/port.ts';
import { type Found, requireExpected, takesAnyVersion, versionConflict } from './expected.ts';

/** Writes of others that a caller of any version lets go first. */
const TRIES_MAX = 20;

interface Wanted {
  readonly place: Place;
  readonly key: string;
  readonly expected: number | undefined;
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
export async function writeKey(ctx: ActorContext, { place, key, expected, change }: Wanted): Promise<Written> {
  const { configStore } = ctx;
  const write_id = writeIdOf(ctx);
  for (let left = TRIES_MAX; ; left -= 1) {
    const found = await configStore.find(ctx, place, key);
    // The answer to this very write was lost.
    if (found.config?.write_id === write_id) return { epoch: found.epoch, config: found.config, changed: true };
    requireExpected(ctx, found, expected);
    const wanted = await change(found);
    if (wanted === null && found.config !== undefined)
      return { epoch: found.epoch, config: found.config, changed: false };
    if (wanted === null) throw new Error('a key that was never written has to change');
    const result = await configStore.commit(ctx, place, { changes: [wanted], write_id });
    if (result.outcome === 'committed') {
      const [config] = result.configs;
      if (config === undefined) throw new Error('one change gives one value');
      return { epoch: result.epoch, config, changed: true };
    }
    if (!takesAnyVersion(ctx, expected) || left <= 1) throw await refusal(ctx, { place, key, expected });
  }
}

/** Says why, as of now. */
async function refusal(ctx: ActorContext, { place, key, expected }: Omit<Wanted, 'change'>) {
  const found = await ctx.configStore.find(ctx, place, key);
  if (!takesAnyVersion(ctx, expected)) requireExpected(ctx, found, expected);
  return versionConflict(found);
}

/** Names the write: repetitions with one Idempotency-Key have one name. */
export function writeIdOf({ idempotencyClaim }: ActorContext): string {
  if (idempotencyClaim === null) return randomUUID();
  const { principal, key } = idempotencyClaim;
  return createHash('sha256').update(`${principal}\n${key}`).digest('base64url');
}
