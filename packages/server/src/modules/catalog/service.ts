/** The catalog: what can be asked for, who asked, and what came of it. */
import { catalogRequests } from '@tenant-registry/db';
import type { ActorContext, Context } from '../../kernel/context.ts';
import { paginate } from '../../kernel/cursors.ts';
import { requireMatch } from '../../kernel/etag.ts';
import { newId } from '../../kernel/ids.ts';
import { reachable, spanOf } from '../../kernel/reach.ts';
import { transact } from '../../kernel/transact.ts';
import type { Entitlement } from '../entitlements/schema.ts';
import { type Change, catalogEntryOf, grantContract, startTrial } from '../entitlements/service.ts';
import { lockOwned, lockWritableTenant, readableTenant } from '../tenants/service.ts';
import { catalogErrors } from './errors.ts';
import {
  type CatalogAnswer,
  type CatalogRequest,
  catalogEvents,
  catalogRequest,
  type ListCatalogRequests,
  type RequestProduct,
  type RequestTrial,
} from './schema.ts';

/** Every product that can be asked for, in the order of the catalog's file. */
export async function listCatalog({ catalog }: Context): Promise<CatalogAnswer> {
  return { items: [...catalog.values()].map((entry) => ({ ...entry, features: [...entry.features] })) };
}

/** Asks for a product on behalf of the tenant; an operator decides. Throws `product_not_found`, `request_open`, `tenant_frozen`. */
export async function requestProduct(ctx: ActorContext, input: RequestProduct): Promise<CatalogRequest> {
  catalogEntryOf(ctx, input.product);
  return transact(ctx, async (tx, record) => {
    await lockWritableTenant(ctx, tx, input.tenant_id);
    const row = await catalogRequests.insertCatalogRequest(tx, { ...input, ...asked(ctx), kind: 'request' });
    await record(catalogEvents.requested, row);
    return row;
  });
}

/**
 * Starts the tenant's one trial of the product, at once. That it was the one stays on record when the entitlement is
 * gone. Throws `product_not_found`, `trial_used`, `already_entitled`, `tenant_frozen`.
 */
export async function requestTrial(ctx: ActorContext, { tenant_id, product }: RequestTrial): Promise<Entitlement> {
  const entry = catalogEntryOf(ctx, product);
  return transact(ctx, async (tx, record) => {
    await lockWritableTenant(ctx, tx, tenant_id);
    // First: of two trials at once the second waits here, and then learns that the trial is used.
    const row = await catalogRequests.insertCatalogRequest(tx, {
      ...asked(ctx),
      tenant_id,
      product,
      kind: 'trial',
      state: 'granted',
      decided_at: ctx.clock(),
    });
    const entitlement = await startTrial(ctx, { tx, record }, { tenant_id, entry });
    await record(catalogEvents.trialStarted, { ...row, ends_at: entitlement.ends_at });
    return entitlement;
  });
}

/** One page of requests, newest first: a tenant's, or of all that the caller may see. Throws `invalid_cursor`, `not_found`, `tenant_archived`. */
export async function listCatalogRequests(ctx: ActorContext, input: ListCatalogRequests) {
  const { state } = input;
  const { tenant_id } = spanOf(ctx, input);
  if (tenant_id !== undefined) await readableTenant(ctx, tenant_id);
  return paginate(ctx.cursors, {
    list: 'catalog_requests',
    input,
    keyOf: (row: CatalogRequest) => [row.id],
    fetch: (page) => catalogRequests.listCatalogRequests(ctx.db, { tenant_id, state }, page),
  });
}

/**
 * Gives the tenant what it asked for, as a contract without an end. Throws `not_found`, `request_decided`,
 * `product_not_found`, `tenant_frozen`.
 */
export async function grantCatalogRequest(ctx: ActorContext, id: string): Promise<CatalogRequest> {
  return decide(ctx, id, {
    state: 'granted',
    async work(change, row) {
      const { product } = catalogEntryOf(ctx, row.product);
      await change.record(catalogEvents.requestGranted, row);
      await grantContract(ctx, change, { tenant_id: row.tenant_id, product });
    },
  });
}

/** Refuses what the tenant asked for; it may ask again. Throws `not_found`, `request_decided`, `tenant_frozen`. */
export async function rejectCatalogRequest(ctx: ActorContext, id: string): Promise<CatalogRequest> {
  return decide(ctx, id, {
    state: 'rejected',
    async work({ record }, row) {
      await record(catalogEvents.requestRejected, row);
    },
  });
}

interface Decision {
  readonly state: 'granted' | 'rejected';
  /** The work that the decision brings, with the request as decided. */
  readonly work: (change: Change, row: CatalogRequest) => Promise<void>;
}

/** Locks the request, and decides it unless it is decided already. */
function decide(ctx: ActorContext, id: string, { state, work }: Decision): Promise<CatalogRequest> {
  return transact(ctx, async (tx, record) => {
    const { findCatalogRequest: find, lockCatalogRequest: lock } = catalogRequests;
    const current = await lockOwned(ctx, tx, { id, find, lock, reach: reachable });
    requireMatch(ctx, catalogRequest.parse(current));
    if (current.state !== 'open') throw catalogErrors.requestDecided();
    const decision = { state, decided_by: ctx.actor.id, decided_at: ctx.clock() };
    const row = await catalogRequests.updateCatalogRequest(tx, id, decision);
    await work({ tx, record }, row);
    return row;
  });
}

/** Returns the fields that tell where a new request comes from. */
function asked({ actor, clock }: ActorContext) {
  return { id: newId(clock), requested_by: actor.id, created_at: clock() };
}
