/** SSO configurations: through which identity provider the people of a tenant sign in, and whether it would work. */
import { idpConfigs, type Tx } from '@tenant-registry/db';
import type { ActorContext, Context } from '../../kernel/context.ts';
import { paginate } from '../../kernel/cursors.ts';
import { DomainError, kernelErrors } from '../../kernel/errors.ts';
import { requireMatch } from '../../kernel/etag.ts';
import { newId } from '../../kernel/ids.ts';
import { reachable } from '../../kernel/reach.ts';
import { transact } from '../../kernel/transact.ts';
import { lockOwned, lockWritableTenant, readableTenant, writableTenant } from '../tenants/service.ts';
import { changesOf, invalidatesVerification } from './changes.ts';
import { idpConfigErrors } from './errors.ts';
import { issuerMistake } from './issuer.ts';
import { checkOidc } from './oidc.ts';
import { judgeSamlMetadata, readSamlMetadata } from './saml.ts';
import {
  type CreateIdpConfig,
  type Finding,
  type IdpConfig,
  type IdpVerification,
  idpConfig,
  idpConfigEvents,
  type ListIdpConfigs,
  type UpdateIdpConfig,
} from './schema.ts';

/** Creates an active configuration. Throws `idp_config_active`, `metadata_invalid`, `tenant_frozen`. */
export async function createIdpConfig(ctx: ActorContext, input: CreateIdpConfig): Promise<IdpConfig> {
  requireUsable(ctx, input);
  return transact(ctx, async (tx, record) => {
    await lockWritableTenant(ctx, tx, input.tenant_id);
    const row = await idpConfigs.insertIdpConfig(tx, { ...input, id: newId(ctx.clock), created_at: ctx.clock() });
    await record(idpConfigEvents.created, row);
    return row;
  });
}

/** One page of a tenant's configurations, newest first, the deactivated ones too. Throws `tenant_archived`. */
export async function listIdpConfigs(ctx: ActorContext, input: ListIdpConfigs) {
  const { tenant_id, status } = input;
  await readableTenant(ctx, tenant_id);
  return paginate(ctx.cursors, {
    list: 'idp_configs',
    input,
    keyOf: (row: IdpConfig) => [row.id],
    fetch: (page) => idpConfigs.listIdpConfigs(ctx.db, { tenant_id, status }, page),
  });
}

/** Throws `not_found`, `tenant_archived`. */
export async function getIdpConfig(ctx: ActorContext, id: string): Promise<IdpConfig> {
  const row = reachable(ctx, await idpConfigs.findIdpConfig(ctx.db, id));
  await readableTenant(ctx, row.tenant_id);
  return row;
}

/**
 * Changes a configuration; what a verification depends on must be verified again. A deactivated one takes no change
 * but its return. Throws `idp_config_deactivated`, `idp_config_active`, `metadata_invalid`, `precondition_failed`.
 */
export async function updateIdpConfig(ctx: ActorContext, { id, ...input }: UpdateIdpConfig): Promise<IdpConfig> {
  return transact(ctx, async (tx, record, nothingChanged) => {
    const current = await lockWritable(ctx, tx, id);
    requireMatch(ctx, idpConfig.parse(current));
    const changes = changesOf(current, input);
    const changed = Object.keys(changes);
    if (changed.length === 0) {
      nothingChanged();
      return current;
    }
    if (current.status === 'deactivated' && changes.status !== 'active') throw idpConfigErrors.idpConfigDeactivated();
    requireUsable(ctx, { ...changes, kind: current.kind });
    const row = await idpConfigs.updateIdpConfig(tx, id, {
      ...changes,
      version: current.version + 1,
      ...(invalidatesVerification(changes) ? { verified_at: null } : {}),
    });
    const event = changes.status === 'deactivated' ? idpConfigEvents.deactivated : idpConfigEvents.updated;
    await record(event, { ...row, changed });
    return row;
  });
}

/** Deactivates a configuration; it stays in the list. Deactivating again changes nothing. Throws `not_found`, `tenant_frozen`. */
export async function deactivateIdpConfig(ctx: ActorContext, id: string): Promise<void> {
  return transact(ctx, async (tx, record, nothingChanged) => {
    const current = await lockWritable(ctx, tx, id);
    if (current.status === 'deactivated') return nothingChanged();
    const version = current.version + 1;
    const row = await idpConfigs.updateIdpConfig(tx, id, { status: 'deactivated', version });
    await record(idpConfigEvents.deactivated, { ...row, changed: ['status'] });
  });
}

/**
 * Asks the provider, or reads its metadata, and keeps the outcome: active and verified, or degraded. The provider is
 * asked while no transaction is open. Throws `idp_config_changed` when somebody changed the configuration meanwhile,
 * `idp_config_deactivated`, and `idp_config_active` when another one took its place.
 */
export async function verifyIdpConfig(ctx: ActorContext, id: string): Promise<IdpVerification> {
  const seen = reachable(ctx, await idpConfigs.findIdpConfig(ctx.db, id));
  await writableTenant(ctx, seen.tenant_id);
  if (seen.status === 'deactivated') throw idpConfigErrors.idpConfigDeactivated();
  const now = ctx.clock();
  const { findings, ...rest } = await check(ctx, seen, now);
  const ok = findings.every(({ severity }) => severity !== 'error');
  return transact(ctx, async (tx, record) => {
    const current = await lockWritable(ctx, tx, id);
    if (current.version !== seen.version) throw idpConfigErrors.idpConfigChanged();
    const row = await idpConfigs.updateIdpConfig(
      tx,
      id,
      ok ? { status: 'active', verified_at: now } : { status: 'degraded' },
    );
    const event = ok ? idpConfigEvents.verified : idpConfigEvents.verificationFailed;
    await record(event, { ...row, findings: findings.map(({ code }) => code) });
    return { ok, checked_at: now.toISOString(), findings, ...rest, idp_config: row };
  });
}

type Checked = Pick<IdpVerification, 'findings' | 'certificates'>;

async function check(ctx: Context, { id, kind, issuer, metadata }: IdpConfig, now: Date): Promise<Checked> {
  switch (kind) {
    case 'oidc': {
      const report = (err: Error) =>
        ctx.logger.warn({ err, idp_config_id: id }, 'an identity provider was not reached');
      return { findings: await checkOidc(ctx.outbound, issuer, report) };
    }
    case 'saml':
      return checkSaml(metadata, { issuer, now, acceptsScheme: ctx.outbound.acceptsScheme });
    default:
      return kind satisfies never;
  }
}

function checkSaml({ xml }: IdpConfig['metadata'], facts: Parameters<typeof judgeSamlMetadata>[1]): Checked {
  const failed = (code: Finding['code'], message: string) => ({
    findings: [{ severity: 'error' as const, code, message }],
    certificates: [],
  });
  if (xml === undefined) return failed('metadata_missing', 'The configuration has no metadata.xml.');
  try {
    return judgeSamlMetadata(readSamlMetadata(String(xml)), facts);
  } catch (error) {
    if (error instanceof DomainError) return failed('metadata_invalid', error.message);
    throw error;
  }
}

type Usable = Pick<IdpConfig, 'kind'> & Pick<UpdateIdpConfig, 'issuer' | 'metadata'>;

/** What the schema cannot say, because it depends on the kind and on what this server may fetch. */
function requireUsable({ outbound }: Context, { kind, issuer, metadata }: Usable): void {
  const mistake = issuer === undefined ? undefined : issuerMistake(kind, issuer, outbound.acceptsScheme);
  if (mistake !== undefined) throw kernelErrors.invalidInput({ errors: [{ pointer: '/issuer', message: mistake }] });
  const xml = metadata?.['xml'];
  if (kind !== 'saml' || xml === undefined) return;
  if (typeof xml !== 'string')
    throw idpConfigErrors.metadataInvalid({ detail: 'The SAML metadata in metadata.xml must be text.' });
  readSamlMetadata(xml);
}

/** The configuration, locked, in a tenant that takes writes. */
function lockWritable(ctx: ActorContext, tx: Tx, id: string): Promise<IdpConfig> {
  const { findIdpConfig: find, lockIdpConfig: lock } = idpConfigs;
  return lockOwned(ctx, tx, { id, find, lock, reach: reachable });
}
