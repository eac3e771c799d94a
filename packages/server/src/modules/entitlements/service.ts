/** Entitlements: given, replaced, taken away, ended by time, and asked about. */
import { isDeepStrictEqual } from 'node:util';
import { entitlements, type Tx } from '@tenant-registry/db';
import type { CatalogEntry } from '../../kernel/catalog.ts';
import { addDays, hasPassed } from '../../kernel/clock.ts';
import type { ActorContext, Context } from '../../kernel/context.ts';
import { kernelErrors } from '../../kernel/errors.ts';
import { requireMatch } from '../../kernel/etag.ts';
import { type RecordEvent, transact } from '../../kernel/transact.ts';
import { getTenant, lockWritableTenant, readableTenant } from '../tenants/service.ts';
import { entitlementErrors } from './errors.ts';
import {
  type CheckEntitlement,
  type Entitlement,
  type EntitlementKey,
  type EntitlementList,
  type EntitlementVerdict,
  entitlement,
  entitlementEvents,
  type SetEntitlement,
} from './schema.ts';
import { isActive, isOver, reasonFor } from './verdict.ts';

/** A change under way in the caller's transaction. */
export interface Change {
  readonly tx: Tx;
  readonly record: RecordEvent;
}

/** All entitlements of a tenant, running or not. Throws `not_found`, `tenant_archived`. */
export async function listEntitlements(ctx: ActorContext, tenantId: string): Promise<EntitlementList> {
  await readableTenant(ctx, tenantId);
  const rows = await entitlements.listEntitlements(ctx.db, tenantId);
  return { items: rows.map((row) => shown(ctx, row)) };
}

/**
 * Entitles the tenant to the product on exactly these terms, in place of earlier ones; equal terms change nothing.
 * Throws `product_not_found`, `end_in_the_past`, `not_found`, `tenant_frozen`, `precondition_failed`.
 */
export async function setEntitlement(ctx: ActorContext, input: SetEntitlement): Promise<Entitlement> {
  const { tenant_id, product, source, config } = input;
  const endsAt = input.ends_at ?? null;
  const now = ctx.clock();
  catalogEntryOf(ctx, product);
  if (hasPassed(endsAt, now)) throw entitlementErrors.endInThePast();
  return transact(ctx, async (tx, record, nothingChanged) => {
    await lockWritableTenant(ctx, tx, tenant_id);
    const current = await entitlements.lockEntitlement(tx, { tenant_id, product });
    requireCurrent(ctx, current);
    if (current !== undefined && hasTerms(current, { source, config, endsAt })) {
      nothingChanged(tenant_id);
      return shown(ctx, current);
    }
    return grant(
      ctx,
      { tx, record },
      { tenant_id, product, source, config, ...runFrom(current, now), ends_at: endsAt },
    );
  });
}

/** Takes the product from the tenant. Throws `not_found`, `tenant_frozen`. */
export async function revokeEntitlement(ctx: ActorContext, key: EntitlementKey): Promise<void> {
  return transact(ctx, async (tx, record) => {
    await lockWritableTenant(ctx, tx, key.tenant_id);
    const row = await entitlements.deleteEntitlement(tx, key);
    if (row === undefined) throw kernelErrors.notFound();
    await record(entitlementEvents.revoked, row);
  });
}

/** Whether the tenant may use the product, and why. An unknown product is one that it may not use. Throws `not_found`. */
export async function checkEntitlement(ctx: ActorContext, input: CheckEntitlement): Promise<EntitlementVerdict> {
  const { tenant_id, product, at } = input;
  const { status } = await getTenant(ctx, tenant_id);
  const row = await entitlements.findEntitlement(ctx.db, { tenant_id, product });
  const reason = reasonFor(status, row, at === undefined ? ctx.clock() : new Date(at));
  return { allowed: reason === 'entitled', reason, source: row?.source ?? null, ends_at: row?.ends_at ?? null };
}

/** The catalog's entry of the product. Throws `product_not_found`. */
export function catalogEntryOf({ catalog }: Context, product: string): CatalogEntry {
  const entry = catalog.get(product);
  if (entry === undefined) throw entitlementErrors.productNotFound();
  return entry;
}

/** Whether an entitlement of the tenant is running now that lets it have projects. */
export async function mayHaveProjects({ catalog, clock }: Context, tx: Tx, tenantId: string): Promise<boolean> {
  const now = clock();
  const rows = await entitlements.listEntitlements(tx, tenantId);
  return rows.some((row) => isActive(row, now) && catalog.get(row.product)?.supports_projects === true);
}

/** Gives the tenant the product as a contract without an end, with the config that it had, if any. */
export async function grantContract(ctx: ActorContext, change: Change, key: EntitlementKey): Promise<Entitlement> {
  const current = await entitlements.lockEntitlement(change.tx, key);
  const terms = { source: 'contract', config: current?.config ?? {}, ends_at: null } as const;
  return grant(ctx, change, { ...key, ...terms, ...runFrom(current, ctx.clock()) });
}

/** Gives the tenant the product for the days of a trial. Throws `already_entitled` unless it never had it, or no longer has. */
export async function startTrial(
  ctx: ActorContext,
  { tx, record }: Change,
  { tenant_id, entry: { product, trial_days } }: { tenant_id: string; entry: CatalogEntry },
): Promise<Entitlement> {
  const now = ctx.clock();
  const key = { tenant_id, product };
  const trial = { source: 'trial', config: {}, starts_at: now, ends_at: addDays(now, trial_days) } as const;
  const current = await entitlements.lockEntitlement(tx, key);
  if (current !== undefined && !isOver(current, now)) throw entitlementErrors.alreadyEntitled();
  const row =
    current === undefined
      ? await entitlements.insertEntitlement(tx, { ...key, ...trial, created_at: now })
      : await entitlements.updateEntitlement(tx, key, trial);
  await record(entitlementEvents.granted, row);
  return shown(ctx, row);
}

type Row = Omit<Entitlement, 'active'>;
type Granted = Parameters<typeof entitlements.insertOrUpdateEntitlement>[1];

async function grant(ctx: ActorContext, { tx, record }: Change, granted: Granted): Promise<Entitlement> {
  const row = await entitlements.insertOrUpdateEntitlement(tx, { ...granted, created_at: ctx.clock() });
  await record(entitlementEvents.granted, row);
  return shown(ctx, row);
}

/** New terms for what the tenant has go on from its start; what is over starts again. */
function runFrom(current: Row | undefined, now: Date): { starts_at: string | Date } {
  return { starts_at: current === undefined || isOver(current, now) ? now : current.starts_at };
}

function hasTerms(
  row: Row,
  { source, config, endsAt }: { source: string; config: object; endsAt: string | null },
): boolean {
  const time = (text: string | null) => (text === null ? null : new Date(text).getTime());
  return row.source === source && time(row.ends_at) === time(endsAt) && isDeepStrictEqual(row.config, config);
}

/** If-Match against what there is: nothing matches an entitlement that is not there (RFC 9110, 13.1.1). */
function requireCurrent(ctx: Context, current: Row | undefined): void {
  if (current !== undefined) requireMatch(ctx, entitlement.parse(shown(ctx, current)));
  else if (ctx.ifMatch !== null) throw kernelErrors.preconditionFailed();
}

function shown({ clock }: Context, row: Row): Entitlement {
  return { ...row, active: isActive(row, clock()) };
}
