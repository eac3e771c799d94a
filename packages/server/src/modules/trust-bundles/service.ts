/** Trust bundles: set, listed and removed by trust domain. */
import { isDeepStrictEqual } from 'node:util';
import { federatedPowers, trustBundles } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { paginateLarge } from '../../kernel/cursors.ts';
import { kernelErrors } from '../../kernel/errors.ts';
import { requireMatchOrAbsence } from '../../kernel/etag.ts';
import { holdsEverything, requirePowers } from '../../kernel/held.ts';
import { newId } from '../../kernel/ids.ts';
import { type JsonObject, jsonObject } from '../../kernel/openid.ts';
import { OutboundError } from '../../kernel/outbound.ts';
import { reachable, requireInProject } from '../../kernel/reach.ts';
import { transact } from '../../kernel/transact.ts';
import {
  lockWritableTenant,
  lockWritableTenantAlone,
  readableTenant,
  requireRoomInTenant,
  writableTenant,
} from '../tenants/service.ts';
import { keyIdsOf, svidKeysOf } from './bundle.ts';
import { trustBundleErrors } from './errors.ts';
import {
  type ListTrustBundles,
  type SetTrustBundle,
  type TrustBundle,
  type TrustBundleName,
  trustBundle,
  trustBundleEvents,
} from './schema.ts';

const QUOTA = 'trust_bundles';
const BUNDLE_BYTES_MAX = 32_768;
/** Rows of a page that one statement looks at: each can take 32 KiB. */
const PAGE_ROWS = 32;

/**
 * Sets the keys that the tenant believes for a trust domain: those given, or those that the URL has now; nothing fetches
 * them again later. Throws `forbidden` when a program of the trust domain may do what the caller may not, `bundle_invalid`, `bound_to_project`, `tenant_frozen`, `quota_exceeded`, `tenant_busy`.
 */
export async function setTrustBundle(ctx: ActorContext, input: SetTrustBundle): Promise<TrustBundle> {
  requireInProject(ctx, null);
  const { tenant_id, trust_domain, url = null } = input;
  requireAcceptable(ctx, url);
  await writableTenant(ctx, tenant_id);
  const keys = await svidKeysOf(input.keys ?? (await fetchBundle(ctx, tenant_id, url)));
  return transact(ctx, async (tx, record, nothingChanged) => {
    await lockWritableTenantAlone(ctx, tx, tenant_id);
    const current = await trustBundles.lockTrustBundle(tx, { tenant_id, trust_domain });
    requireMatchOrAbsence(ctx, current && trustBundle.parse(shown(current)));
    if (current !== undefined && current.url === url && isDeepStrictEqual(current.keys, keys)) {
      nothingChanged(tenant_id);
      return shown(current);
    }
    // Whoever has the keys can be every program of the trust domain.
    if (!holdsEverything(ctx))
      requirePowers(ctx, await federatedPowers.findFederatedPowers(tx, { tenant_id, trust_domain }));
    if (current === undefined) await requireRoomInTenant(ctx, tx, { tenant_id, quota: QUOTA });
    const row = shown(
      current === undefined
        ? await trustBundles.insertTrustBundle(tx, {
            id: newId(ctx.clock),
            tenant_id,
            trust_domain,
            keys,
            url,
            created_at: ctx.clock(),
          })
        : await trustBundles.updateTrustBundle(tx, current.id, { keys, url }),
    );
    await record(trustBundleEvents.set, row);
    return row;
  });
}

/** One page of a tenant's trust bundles, newest first. Throws `not_found`, `tenant_archived`, `bound_to_project`. */
export async function listTrustBundles(ctx: ActorContext, input: ListTrustBundles) {
  requireInProject(ctx, null);
  const { tenant_id } = input;
  await readableTenant(ctx, tenant_id);
  const { items, next_cursor } = await paginateLarge(ctx, {
    list: 'trust_bundles',
    input,
    keyOf: (row: trustBundles.TrustBundleRow) => [row.id],
    fetch: (page) => trustBundles.listTrustBundles(ctx.db, tenant_id, page),
    rowsAtOnce: PAGE_ROWS,
  });
  return { items: items.map(shown), next_cursor };
}

/** Removes the bundle: from the answer on, no JWT-SVID of the trust domain is accepted. Throws `not_found`, `bound_to_project`. */
export async function removeTrustBundle(ctx: ActorContext, name: TrustBundleName): Promise<void> {
  requireInProject(ctx, null);
  return transact(ctx, async (tx, record) => {
    await lockWritableTenant(ctx, tx, name.tenant_id);
    const row = reachable(ctx, await trustBundles.lockTrustBundle(tx, name));
    await trustBundles.deleteTrustBundle(tx, row.id);
    await record(trustBundleEvents.removed, shown(row));
  });
}

function requireAcceptable({ outbound }: ActorContext, url: string | null): void {
  if (url === null || outbound.acceptsScheme(new URL(url))) return;
  throw kernelErrors.invalidInput({ errors: [{ pointer: '/url', message: 'must be an https URL' }] });
}

/** Fetches the bundle that a trust domain publishes, in the tenant's turn. Throws `bundle_invalid`, `tenant_busy`. */
async function fetchBundle(ctx: ActorContext, tenantId: string, url: string | null): Promise<JsonObject> {
  if (url === null)
    throw kernelErrors.invalidInput({ errors: [{ pointer: '/keys', message: 'is missing, and so is url' }] });
  const { signal } = ctx;
  const get = () => ctx.outbound.get(url, { signal });
  const text = await ctx.idpConfigs.providerGate.run(tenantId, get, { signal }).catch((error: unknown) => {
    if (!(error instanceof OutboundError)) throw error;
    throw trustBundleErrors.bundleInvalid({
      detail: `The trust bundle could not be fetched. ${error.message}`,
      errors: [{ pointer: '/url', message: 'could not be fetched' }],
      cause: error,
    });
  });
  const bundle = Buffer.byteLength(text) > BUNDLE_BYTES_MAX ? undefined : jsonObject(text);
  if (bundle !== undefined) return bundle;
  throw trustBundleErrors.bundleInvalid({ detail: 'The URL has no JSON object of at most 32 KiB.' });
}

function shown({ keys, ...row }: trustBundles.TrustBundleRow): TrustBundle {
  return { ...row, key_ids: keyIdsOf(keys) };
}
