/** The project's API key: created, verified by a product, rotated with a grace period and revoked. */
import type { Client, Outputs } from '@tenant-registry/client';
import { expect, step } from '../describe.ts';

type Project = Outputs['projects']['create'];

interface Parties {
  /** A client with the operator's token. */
  readonly portal: Client;
  /** A client with the internal token. */
  readonly product: Client;
}

/** Resolves to a valid key of the project. */
export async function handOutKeys({ portal, product }: Parties, { id, tenant_id }: Project): Promise<string> {
  const first = await portal.apiKeys.create({ tenant_id, project_id: id, name: 'CI', scopes: ['reports:read'] });
  step(`created the API key ${first.prefix}…, whose secret is shown once`);

  const asked = { key: shown(first), scopes: ['reports:read'] };
  const verdict = await product.apiKeys.verify(asked);
  expect(verdict.valid && verdict.project_id === id, 'the key works, for the project');
  const more = await product.apiKeys.verify({ ...asked, scopes: ['reports:write'] });
  expect(!more.valid && more.code === 'insufficient_scope', 'the key may not do more');
  step('a product verified the key: it may read reports, and not write them');

  const second = await portal.apiKeys.rotate({ id: first.id, grace_seconds: 3600 });
  const [old, next] = [await product.apiKeys.verify(asked), await product.apiKeys.verify({ key: shown(second) })];
  expect(old.valid && next.valid, 'both keys work during the grace period');
  step(`rotated the key to ${second.prefix}…: both keys work for an hour`);

  await portal.apiKeys.revoke({ id: first.id });
  const revoked = await product.apiKeys.verify(asked);
  expect(!revoked.valid && revoked.code === 'revoked', 'the old key is revoked');
  const { items } = await portal.apiKeys.list({ tenant_id, include_revoked: true });
  step(`revoked the old key: of ${items.length} keys, ${items.filter((key) => key.revoked_at === null).length} works`);
  return shown(second);
}

/** Returns the secret of a new key. Only a replayed answer lacks it, because the first answer contained it. */
function shown({ key }: { readonly key?: string | undefined }): string {
  if (key === undefined) throw new Error('the answer with the secret was lost: rotate the key');
  return key;
}
