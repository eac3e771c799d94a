/** API keys: one for the project, replaced, taken away; and how a product asks whether one works. */
import type { Client, Outputs } from '@tenant-registry/client';
import { expect, step } from '../describe.ts';

type Project = Outputs['projects']['create'];

interface Parties {
  /** With the operator's token. */
  readonly portal: Client;
  /** With the internal token. */
  readonly product: Client;
}

/** Resolves to a key that works. */
export async function handOutKeys({ portal, product }: Parties, { id, tenant_id }: Project): Promise<string> {
  const first = await portal.apiKeys.create({ tenant_id, project_id: id, name: 'CI', scopes: ['reports:read'] });
  step(`created the API key ${first.prefix}…, which is seen once`);

  const asked = { key: shown(first), scopes: ['reports:read'] };
  const verdict = await product.apiKeys.verify(asked);
  expect(verdict.valid && verdict.project_id === id, 'the key works, for the project');
  const more = await product.apiKeys.verify({ ...asked, scopes: ['reports:write'] });
  expect(!more.valid && more.code === 'insufficient_scope', 'the key may not do more');
  step('a product verified it: it may read reports, and not write them');

  const second = await portal.apiKeys.rotate({ id: first.id, grace_seconds: 3600 });
  const [old, next] = [await product.apiKeys.verify(asked), await product.apiKeys.verify({ key: shown(second) })];
  expect(old.valid && next.valid, 'both keys work for the time of grace');
  step(`rotated it to ${second.prefix}…: both work for an hour`);

  await portal.apiKeys.revoke({ id: first.id });
  const revoked = await product.apiKeys.verify(asked);
  expect(!revoked.valid && revoked.code === 'revoked', 'the old key is revoked');
  const { items } = await portal.apiKeys.list({ tenant_id, include_revoked: true });
  step(`revoked the old one: of ${items.length} keys, ${items.filter((key) => key.revoked_at === null).length} works`);
  return shown(second);
}

/** The secret is missing only when the answer of an earlier request came again: it was shown then. */
function shown({ key }: { readonly key?: string | undefined }): string {
  if (key === undefined) throw new Error('the key was lost on the way: rotate it');
  return key;
}
