/** Makes the secret of a key, and its row. */
import { apiKeys, type Tx } from '@tenant-registry/db';
import type { Context } from '../../kernel/context.ts';
import { newId } from '../../kernel/ids.ts';
import { holdActiveProject } from '../projects/service.ts';
import { mintKey, prefixOf } from './key-format.ts';
import type { Owner } from './owner.ts';
import type { ApiKey } from './schema.ts';

export interface Secret {
  readonly key: string;
  readonly hash: string;
}

/**
 * Makes a key and its hash, after all checks and before the transaction: a hash takes 64 MiB and tens of milliseconds, which
 * a request that is refused must not cost, and a connection must not wait for.
 */
export async function mintSecret({ argon2, signal }: Context, tenantId: string): Promise<Secret> {
  const key = mintKey();
  return { key, hash: await argon2.hash(key, tenantId, signal) };
}

export type NewKey = Pick<ApiKey, 'tenant_id' | 'name' | 'scopes' | 'expires_at' | 'created_by_key_id'> &
  Owner & { project_id?: string | null | undefined };

/** Writes the key, in a project that is not archived. Throws `project_archived`. */
export async function insertKey(ctx: Context, tx: Tx, key: NewKey, { key: plaintext, hash }: Secret): Promise<ApiKey> {
  if (key.project_id) await holdActiveProject(tx, key.tenant_id, key.project_id);
  return apiKeys.insertApiKey(tx, {
    ...key,
    id: newId(ctx.clock),
    prefix: prefixOf(plaintext),
    hash,
    ...ctx.apiKeys.peppers.digestOf(plaintext),
    created_at: ctx.clock(),
  });
}
