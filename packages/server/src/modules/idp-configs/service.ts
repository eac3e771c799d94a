/** SSO configurations: through which identity provider the people of a tenant sign in, and whether it would work. */
import { idpConfigs, leaveTenant, sessions, type Tx } from '@tenant-registry/db';
import type { ActorContext, Context } from '../../kernel/context.ts';
import { paginateLarge } from '../../kernel/cursors.ts';
import { kernelErrors } from '../../kernel/errors.ts';
import { requireMatch } from '../../kernel/etag.ts';
import { newId } from '../../kernel/ids.ts';
import { reachable } from '../../kernel/reach.ts';
import { type RecordEvent, transact } from '../../kernel/transact.ts';
import {
  expectRoomInTenant,
  lockOwned,
  lockTenantWithRoom,
  readableTenant,
  requireRoomInTenant,
  writableTenant,
} from '../tenants/service.ts';
import { changesOf, decidesWhoComes, invalidatesVerification } from './changes.ts';
import { checkProvider } from './check.ts';
import { idpConfigErrors } from './errors.ts';
import { requireGivable } from './given-roles.ts';
import { issuerMistake } from './issuer.ts';
import type { SamlSummary } from './saml/summary.ts';
import {
  type CreateIdpConfig,
  type IdpConfig,
  type IdpRehearsal,
  type IdpVerification,
  idpConfig,
  idpConfigEvents,
  type ListIdpConfigs,
  type UpdateIdpConfig,
} from './schema.ts';
import { secretRefMistake } from './secret-ref.ts';

/** Rows of a page that one statement looks at: more than tenants usually have, and each can take 150 KB. */
const PAGE_ROWS = 16;

/** Creates an active configuration. Throws `idp_config_active`, `forbidden` for a role that the caller may not give, `metadata_invalid`, `tenant_frozen`, `rate_limited`, `tenant_busy`, `quota_exceeded`. */
export async function createIdpConfig(ctx: ActorContext, input: CreateIdpConfig): Promise<IdpConfig> {
  requireUsable(ctx, input);
  await writableTenant(ctx, input.tenant_id);
  const room = { tenant_id: input.tenant_id, quota: 'idp_configs' };
  await expectRoomInTenant(ctx, room);
  const saml_summary = await readSaml(ctx, input);
  return transact(ctx, async (tx, record) => {
    await lockTenantWithRoom(ctx, tx, room);
    await requireGivable(ctx, tx, { ...input, id: null });
    const row = await idpConfigs.insertIdpConfig(tx, {
      ...input,
      saml_summary,
      id: newId(ctx.clock),
      created_at: ctx.clock(),
    });
    await record(idpConfigEvents.created, row);
    return row;
  });
}

/** One page of a tenant's configurations, newest first, the deactivated ones too. Throws `tenant_archived`, `tenant_busy`. */
export async function listIdpConfigs(ctx: ActorContext, input: ListIdpConfigs) {
  const { tenant_id, status } = input;
  await readableTenant(ctx, tenant_id);
  return paginateLarge(ctx, {
    list: 'idp_configs',
    input,
    keyOf: (row: IdpConfig) => [row.id],
    fetch: (page) => idpConfigs.listIdpConfigs(ctx.db, { tenant_id, status }, page),
    rowsAtOnce: PAGE_ROWS,
  });
}

/** Throws `not_found`, `tenant_archived`. */
export async function getIdpConfig(ctx: ActorContext, id: string): Promise<IdpConfig> {
  const row = reachable(ctx, await idpConfigs.findIdpConfig(ctx.db, id));
  await readableTenant(ctx, row.tenant_id);
  return row;
}

/**
 * Changes a configuration; a change that a verification depends on clears `verified_at`. A deactivated one takes no change
 * but its return. Metadata are read before the transaction, which must not wait for that. Throws `forbidden` when somebody could come
 * through it with more than the caller holds, `idp_config_deactivated`, `idp_config_active`, `metadata_invalid`, `precondition_failed`, `rate_limited`, `tenant_busy`, `quota_exceeded`.
 */
export async function updateIdpConfig(ctx: ActorContext, { id, ...input }: UpdateIdpConfig): Promise<IdpConfig> {
  const seen = await findWritable(ctx, id);
  const { metadata } = acceptedChanges(ctx, seen, input);
  const saml_summary = await readSaml(ctx, { ...seen, metadata });
  return transact(ctx, async (tx, record, nothingChanged) => {
    const current = await lockWritable(ctx, tx, { id, alone: input.status === 'active' });
    const changes = acceptedChanges(ctx, current, input);
    if (current.status === 'deactivated') {
      await requireRoomInTenant(ctx, tx, { tenant_id: current.tenant_id, quota: 'idp_configs' });
    }
    const changed = Object.keys(changes);
    if (changed.length === 0) {
      nothingChanged();
      return current;
    }
    if (decidesWhoComes(changes)) await requireGivable(ctx, tx, { ...current, ...changes });
    const row = await idpConfigs.updateIdpConfig(tx, id, {
      ...changes,
      ...(changes.metadata === undefined ? {} : { saml_summary }),
      version: current.version + 1,
      ...(invalidatesVerification(changes) ? { verified_at: null } : {}),
    });
    if (changes.status === 'deactivated') await recordDeactivation(ctx, tx, { record, row, changed });
    else await record(idpConfigEvents.updated, { ...row, changed });
    return row;
  });
}

type Changes = ReturnType<typeof changesOf>;

/** Returns the fields that the input changes of a configuration as it is. Throws for a change that may not be made. */
function acceptedChanges(ctx: ActorContext, current: IdpConfig, input: Changes): Changes {
  requireMatch(ctx, idpConfig.parse(current));
  const changes = changesOf(current, input);
  if (Object.keys(changes).length === 0) return changes;
  if (current.status === 'deactivated' && changes.status !== 'active') throw idpConfigErrors.idpConfigDeactivated();
  requireUsable(ctx, { ...changes, kind: current.kind, tenant_id: current.tenant_id });
  return changes;
}

/** Deactivates a configuration; it stays in the list. Deactivating again changes nothing. Throws `not_found`, `tenant_frozen`. */
export async function deactivateIdpConfig(ctx: ActorContext, id: string): Promise<void> {
  return transact(ctx, async (tx, record, nothingChanged) => {
    const current = await lockWritable(ctx, tx, { id });
    if (current.status === 'deactivated') return nothingChanged();
    const version = current.version + 1;
    const row = await idpConfigs.updateIdpConfig(tx, id, { status: 'deactivated', version });
    await recordDeactivation(ctx, tx, { record, row, changed: ['status'] });
  });
}

interface Deactivation {
  readonly record: RecordEvent;
  readonly row: idpConfigs.IdpConfigRow;
  readonly changed: string[];
}

/** Ends every session that began through the configuration, with it. */
async function recordDeactivation({ clock }: Context, tx: Tx, { record, row, changed }: Deactivation): Promise<void> {
  const ended = await sessions.claimSessionEnds(tx, { tenant_id: row.tenant_id, idp_config_id: row.id }, clock());
  await record(idpConfigEvents.deactivated, { ...row, changed, sessions_ended: ended.length });
}

/**
 * Makes a link that rehearses a sign-in through the provider: it works once, and makes neither a user nor a session.
 * Throws `idp_config_deactivated`, `idp_config_not_oidc`, `sign_in_disabled`, `tenant_frozen`.
 */
export async function rehearseIdpConfig(ctx: ActorContext, id: string): Promise<IdpRehearsal> {
  return transact(ctx, async (tx, record) => {
    const row = await lockWritable(ctx, tx, { id });
    if (row.status === 'deactivated') throw idpConfigErrors.idpConfigDeactivated();
    if (row.kind !== 'oidc') throw idpConfigErrors.idpConfigNotOidc();
    await record(idpConfigEvents.rehearsalPrepared, row);
    // Tenants have no rights on the flows of sign-ins.
    await leaveTenant(tx);
    return ctx.signIn.prepareRehearsal(tx, row);
  });
}

/**
 * Asks the provider, or judges its metadata, and keeps the outcome: active and verified, or degraded. The provider is
 * asked while no transaction is open. Throws `idp_config_changed` when the configuration changed meanwhile,
 * `idp_config_deactivated`, `idp_config_active` when another one took its place, `rate_limited` and `tenant_busy`.
 */
export async function verifyIdpConfig(ctx: ActorContext, id: string): Promise<IdpVerification> {
  const seen = await findWritable(ctx, id);
  if (seen.status === 'deactivated') throw idpConfigErrors.idpConfigDeactivated();
  ctx.idpConfigs.verifications.spend(seen.tenant_id);
  const now = ctx.clock();
  const { findings, saml_summary, ...rest } = await checkProvider(ctx, seen, now);
  const ok = findings.every(({ severity }) => severity !== 'error');
  return transact(ctx, async (tx, record) => {
    const current = await lockWritable(ctx, tx, { id });
    if (current.version !== seen.version) throw idpConfigErrors.idpConfigChanged();
    const row = await idpConfigs.updateIdpConfig(tx, id, {
      ...(ok ? { status: 'active', verified_at: now } : { status: 'degraded' }),
      ...(saml_summary === undefined ? {} : { saml_summary }),
    });
    const event = ok ? idpConfigEvents.verified : idpConfigEvents.verificationFailed;
    await record(event, { ...row, findings: findings.map(({ code }) => code) });
    return { ok, checked_at: now.toISOString(), findings, ...rest, idp_config: row };
  });
}

type Usable = Pick<IdpConfig, 'kind' | 'tenant_id'> &
  Pick<UpdateIdpConfig, 'issuer' | 'metadata' | 'client_secret_ref'>;

/** Throws for what the schema accepts, and the kind, the rules for fetching or those for secrets do not. */
function requireUsable({ outbound }: Context, { kind, tenant_id, issuer, metadata, client_secret_ref }: Usable): void {
  const mistake = issuer === undefined ? undefined : issuerMistake(kind, issuer, outbound.acceptsScheme);
  if (mistake !== undefined) throw kernelErrors.invalidInput({ errors: [{ pointer: '/issuer', message: mistake }] });
  const misplaced = client_secret_ref == null ? undefined : secretRefMistake(client_secret_ref, tenant_id);
  if (misplaced !== undefined)
    throw kernelErrors.invalidInput({ errors: [{ pointer: '/client_secret_ref', message: misplaced }] });
  const xml = metadata?.['xml'];
  if (kind === 'saml' && xml !== undefined && typeof xml !== 'string')
    throw idpConfigErrors.metadataInvalid({ detail: 'The SAML metadata in metadata.xml must be text.' });
}

type WithMetadata = Pick<IdpConfig, 'kind' | 'tenant_id'> & { readonly metadata?: IdpConfig['metadata'] | undefined };

/** Resolves with the summary of new metadata, null when there are none. Throws `metadata_invalid`, `tenant_busy`. */
async function readSaml(ctx: Context, { kind, tenant_id, metadata }: WithMetadata): Promise<SamlSummary | null> {
  const xml = metadata?.['xml'];
  return kind === 'saml' && typeof xml === 'string' ? ctx.idpConfigs.saml.read(xml, tenant_id, ctx.signal) : null;
}

/** The configuration as it is now, in a tenant that takes writes: for work before the transaction, which locks it. */
async function findWritable(ctx: ActorContext, id: string): Promise<idpConfigs.IdpConfigRow> {
  const row = reachable(ctx, await idpConfigs.findIdpConfig(ctx.db, id));
  await writableTenant(ctx, row.tenant_id);
  return row;
}

/** The configuration, locked, in a tenant that takes writes. */
function lockWritable(
  ctx: ActorContext,
  tx: Tx,
  how: { readonly id: string; readonly alone?: boolean },
): Promise<IdpConfig> {
  const { findIdpConfig: find, lockIdpConfig: lock } = idpConfigs;
  return lockOwned(ctx, tx, { ...how, find, lock, reach: reachable });
}
