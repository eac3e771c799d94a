/** How services of webhooks find an endpoint, and lock it for a change. */
import { type Tx, webhooks } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { reachable, requireInProject, spanOf } from '../../kernel/reach.ts';
import { lockWritableTenant, readableTenant } from '../tenants/service.ts';
import { webhookErrors } from './errors.ts';
import type { Webhook } from './schema.ts';

/**
 * Returns whose webhooks are meant: the asked tenant's or the caller's own, and null for the platform. Throws `not_found`
 * for another tenant, `bound_to_project`.
 */
export function ownerOf(ctx: ActorContext, asked: string | undefined): string | null {
  requireInProject(ctx, null);
  return spanOf(ctx, { tenant_id: asked }).tenant_id ?? null;
}

/** Throws `not_found`, `tenant_archived`. */
export async function getEndpoint(ctx: ActorContext, id: string): Promise<Webhook> {
  const row = reachable(ctx, await webhooks.findWebhook(ctx.db, id));
  if (row.tenant_id !== null) await readableTenant(ctx, row.tenant_id);
  return row;
}

/**
 * The endpoint, locked after its tenant and before its deliveries: every writer takes the locks in this order. Throws
 * `not_found`, `tenant_frozen`, `tenant_archived`.
 */
export async function lockEndpoint(ctx: ActorContext, tx: Tx, id: string): Promise<Webhook> {
  const { tenant_id } = reachable(ctx, await webhooks.findWebhook(tx, id));
  if (tenant_id !== null) await lockWritableTenant(ctx, tx, tenant_id);
  return reachable(ctx, await webhooks.lockWebhook(tx, id));
}

/** The endpoint, locked, to which something is to be delivered. Throws like that, and `webhook_disabled`. */
export async function lockActiveEndpoint(ctx: ActorContext, tx: Tx, id: string): Promise<Webhook> {
  const endpoint = await lockEndpoint(ctx, tx, id);
  if (endpoint.status === 'disabled') throw webhookErrors.disabled();
  return endpoint;
}
