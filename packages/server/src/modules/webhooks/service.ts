/** Webhooks: made, found, changed, given new secrets, tested, and deleted. */
import { type Tx, webhooks } from '@tenant-registry/db';
import type { ActorContext } from '../../kernel/context.ts';
import { paginate } from '../../kernel/cursors.ts';
import { requireMatch } from '../../kernel/etag.ts';
import { newId } from '../../kernel/ids.ts';
import { transact } from '../../kernel/transact.ts';
import { lockWritableTenantAlone, readableTenant } from '../tenants/service.ts';
import { getEndpoint, lockEndpoint, ownerOf } from './endpoint.ts';
import { webhookErrors } from './errors.ts';
import { requireEventTypes, requireReadable } from './event-types.ts';
import {
  type CreateWebhook,
  type IssuedWebhook,
  type ListWebhooks,
  type RotateSecret,
  type UpdateWebhook,
  type Webhook,
  type WebhookTest,
  webhook,
  webhookEvents,
} from './schema.ts';
import { newSecret, openSecrets, PURPOSE, type SigningSecret } from './secrets.ts';

export const QUOTA = 'webhooks';
/** Secrets of one webhook that sign at once: each of them makes every delivery longer. */
const SECRETS_MAX = 10;
/** Deliveries that one change cancels by itself; a worker cancels the rest. */
const CANCELED_AT_ONCE_MAX = 10_000;

/**
 * Creates a webhook and returns its secret, this once. Throws `webhook_url_refused`, `unknown_event_type`,
 * `webhook_limit_reached`, `secrets_key_missing`, `bound_to_project`, `not_found`, `tenant_frozen`.
 */
export async function createWebhook(ctx: ActorContext, { secret, ...input }: CreateWebhook): Promise<IssuedWebhook> {
  const tenant_id = ownerOf(ctx, input.tenant_id);
  requireAcceptable(ctx, input.url);
  const event_types = requireEventTypes(ctx, input.event_types);
  const signing = await sealed(ctx, newSecret(input.signature, secret));
  return transact(ctx, async (tx, record) => {
    await requireRoom(ctx, tx, tenant_id);
    const row = await webhooks.insertWebhook(tx, {
      ...input,
      id: newId(ctx.clock),
      tenant_id,
      event_types,
      public_key: signing.publicKey,
      created_at: ctx.clock(),
    });
    await keep(ctx, tx, { endpoint: row, signing });
    await record(webhookEvents.created, row);
    return issued(row, signing);
  });
}

/** Throws `not_found`, `tenant_archived`. */
export function getWebhook(ctx: ActorContext, id: string): Promise<Webhook> {
  return getEndpoint(ctx, id);
}

/** One page of the webhooks of a tenant or of the platform, newest first. Throws `not_found`, `tenant_archived`, `bound_to_project`. */
export async function listWebhooks(ctx: ActorContext, input: ListWebhooks) {
  const tenant_id = ownerOf(ctx, input.tenant_id);
  if (tenant_id !== null) await readableTenant(ctx, tenant_id);
  return paginate(ctx.cursors, {
    list: 'webhooks',
    input,
    keyOf: (row: Webhook) => [row.id],
    fetch: (page) => webhooks.listWebhooks(ctx.db, { tenant_id, status: input.status }, page),
  });
}

/**
 * Changes a webhook. Disabling it cancels what waits; enabling it forgets its failures. Throws `webhook_url_refused`,
 * `unknown_event_type`, `not_found`, `tenant_frozen`, `precondition_failed`.
 */
export async function updateWebhook(
  ctx: ActorContext,
  { id, event_types: types, ...changes }: UpdateWebhook,
): Promise<Webhook> {
  const row = await transact(ctx, async (tx, record, nothingChanged) => {
    const current = await lockEndpoint(ctx, tx, id);
    requireMatch(ctx, webhook.parse(current));
    if (changes.url !== undefined) {
      requireAcceptable(ctx, changes.url);
      requireReadable(ctx, current.event_types);
    }
    const named = types ? { event_types: requireEventTypes(ctx, types) } : {};
    const changed = differing(current, { ...changes, ...named });
    if (Object.keys(changed).length === 0) {
      nothingChanged();
      return current;
    }
    const turned = changed.status === undefined ? {} : turning[changed.status];
    const next = await webhooks.updateWebhook(tx, id, { ...changed, ...turned });
    if (changed.status === 'disabled') await webhooks.updateWaitingToCanceled(tx, id, CANCELED_AT_ONCE_MAX);
    if (changed.status === 'active') await webhooks.touchWebhookQueue(tx, id);
    await record(eventOf(changed.status), next);
    return next;
  });
  if (changes.status === 'active') ctx.signals.tell('deliverable');
  return row;
}

/** Deletes a webhook with its secrets: nothing more is delivered, and its deliveries are not shown. Throws `not_found`, `tenant_frozen`. */
export async function deleteWebhook(ctx: ActorContext, id: string): Promise<void> {
  return transact(ctx, async (tx, record) => {
    const current = await lockEndpoint(ctx, tx, id);
    await webhooks.updateWaitingToCanceled(tx, id, CANCELED_AT_ONCE_MAX);
    await webhooks.deleteWebhook(tx, id);
    await record(webhookEvents.deleted, current);
  });
}

/**
 * Makes a new secret and returns it, this once; those of before sign too until the overlap is over. Throws
 * `webhook_secret_limit_reached`, `secrets_key_missing`, `not_found`, `tenant_frozen`.
 */
export async function rotateSecret(ctx: ActorContext, { id, overlap_seconds }: RotateSecret): Promise<IssuedWebhook> {
  const { signature } = await getEndpoint(ctx, id);
  const signing = await sealed(ctx, newSecret(signature));
  return transact(ctx, async (tx, record) => {
    const current = await lockEndpoint(ctx, tx, id);
    const now = ctx.clock();
    await webhooks.deleteExpiredSecrets(tx, id, now);
    await webhooks.updateSecretExpiry(tx, id, new Date(now.getTime() + overlap_seconds * 1_000));
    if ((await webhooks.listSecrets(tx, id, now)).length >= SECRETS_MAX) throw webhookErrors.secretLimitReached();
    await keep(ctx, tx, { endpoint: current, signing });
    const { publicKey: public_key } = signing;
    const row = public_key === null ? current : await webhooks.updateWebhook(tx, id, { public_key });
    await record(webhookEvents.secretRotated, { ...row, overlap_seconds });
    return issued(row, signing);
  });
}

/**
 * Delivers an event of type `webhook.test`, which is in no log, once, also to a disabled webhook. Throws
 * `secrets_key_missing`, `tenant_busy`, `not_found`, `tenant_archived`.
 */
export async function testWebhook(ctx: ActorContext, id: string): Promise<WebhookTest> {
  const endpoint = await getEndpoint(ctx, id);
  const { tenant_id } = endpoint;
  const secrets = await openSecrets(ctx.sealed, await webhooks.listSecrets(ctx.db, id, ctx.clock()));
  const event = {
    id: newId(ctx.clock),
    type: 'webhook.test',
    timestamp: ctx.clock().toISOString(),
    tenant_id,
    project_id: null,
    product: null,
    subject: { type: 'webhook', id },
    data: { url: endpoint.url },
  };
  const { signal, deadline } = ctx;
  // The caller is told of an endpoint that does not answer, before the time of its own request is over.
  const timeoutMs = () => Math.max(1, deadline.leftMs() - ANSWER_MS);
  const attempt = () => ctx.webhookAttempts.attempt({ endpoint, secrets, event, timeoutMs: timeoutMs() }, signal);
  const { delivered, status, duration_ms, error } = await ctx.webhookTests.run(tenant_id, attempt, { signal });
  return { delivered, status, duration_ms, error };
}

/** What is left of a request's time for its answer. */
const ANSWER_MS = 1_000;

/** The columns that go with a status. */
const turning = {
  active: { disabled_reason: null, failures: 0, failing_since: null },
  disabled: { disabled_reason: 'requested' },
} as const;

function eventOf(status: Webhook['status'] | undefined) {
  switch (status) {
    case undefined:
      return webhookEvents.updated;
    case 'active':
      return webhookEvents.enabled;
    case 'disabled':
      return webhookEvents.disabled;
  }
}

/** Returns those of the changes that change something. */
function differing(current: Webhook, changes: webhooks.WebhookChanges): webhooks.WebhookChanges {
  const known = new Map<string, unknown>(Object.entries(current));
  const differs = ([field, value]: [string, unknown]) =>
    value !== undefined && JSON.stringify(value) !== JSON.stringify(known.get(field));
  return Object.fromEntries(Object.entries(changes).filter(differs));
}

function requireAcceptable({ outbound }: ActorContext, url: string): void {
  const refusal = url.includes('#')
    ? 'A fragment is never sent, so the URL must not have one.'
    : outbound.refusalOf(url);
  if (refusal !== undefined) throw webhookErrors.urlRefused({ errors: [{ pointer: '/url', message: refusal }] });
}

/** Holds the owner alone, so that two transactions cannot both take the last place. */
async function requireRoom(ctx: ActorContext, tx: Tx, tenantId: string | null): Promise<void> {
  if (tenantId === null) await webhooks.lockPlatformWebhooks(tx);
  else await lockWritableTenantAlone(ctx, tx, tenantId);
  const { limit } = ctx.quotas.named(QUOTA);
  if ((await webhooks.findWebhooksInUse(tx, tenantId)) >= limit) throw webhookErrors.limitReached();
}

interface Sealed extends SigningSecret {
  readonly id: string;
  readonly sealed: string;
}

/** Seals a new secret for the row that it will be: before the transaction, which waits for no key service. */
async function sealed(ctx: ActorContext, secret: SigningSecret): Promise<Sealed> {
  const id = newId(ctx.clock);
  return { ...secret, id, sealed: await ctx.sealed(PURPOSE).seal(secret.text, id) };
}

function keep(
  ctx: ActorContext,
  tx: Tx,
  { endpoint, signing }: { readonly endpoint: Webhook; readonly signing: Sealed },
): Promise<void> {
  const { id, sealed } = signing;
  const { id: endpoint_id, tenant_id } = endpoint;
  return webhooks.insertSecret(tx, { id, endpoint_id, tenant_id, sealed, created_at: ctx.clock() });
}

/** The seed of an ed25519 key never leaves the registry. */
function issued(row: Webhook, { text, publicKey }: SigningSecret): IssuedWebhook {
  return publicKey === null ? { ...row, secret: text } : row;
}
