/** Who holds a key, for those who know its id and not its secret: for what was made with it. */
import { apiKeys, type Db } from '@tenant-registry/db';
import type { KeyHolder } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { refusalOf } from './verdict.ts';

/** Returns the holder that the authority of a key describes. */
export function holderIn(facts: apiKeys.ApiKeyAuthority): KeyHolder {
  const { id: key_id, name, tenant_id, project_id, scopes, owner } = facts;
  return { key_id, name, tenant_id, project_id, scopes, owner };
}

interface HolderOptions {
  readonly db: Db;
  readonly find: apiKeys.FindApiKeyCandidates;
  readonly clock: Clock;
}

/** Makes the function that reads the holder of a key as it is now. It resolves to null for a key that may not even read. */
export function createHolderById({ db, find, clock }: HolderOptions): (id: string) => Promise<KeyHolder | null> {
  return async (id) => {
    const key = await apiKeys.findApiKey(db, id);
    if (key === undefined) return null;
    const candidates = await find([key.prefix]);
    const facts = candidates.find(({ authority }) => authority.id === id)?.authority;
    if (facts === undefined || refusalOf(facts, { scopes: [], access: 'read' }, clock()) !== null) return null;
    return holderIn(facts);
  };
}
