/** The check behind a verification: would a sign-in through this provider work? It writes nothing. */
import type { idpConfigs } from '@tenant-registry/db';
import type { Context } from '../../kernel/context.ts';
import { DomainError } from '../../kernel/errors.ts';
import type { Outbound } from '../../kernel/outbound.ts';
import { UnresolvedSecretError } from './client-secrets.ts';
import { idpConfigErrors } from './errors.ts';
import type { Finding } from './findings/schema.ts';
import { checkOidc } from './oidc.ts';
import { judgeSamlMetadata } from './saml/judge.ts';
import { type SamlSummary, summaryOf } from './saml/summary.ts';
import type { IdpVerification } from './schema.ts';

export interface Checked extends Pick<IdpVerification, 'findings' | 'certificates'> {
  /** Set when the metadata had to be read: the summary to keep. */
  readonly saml_summary?: SamlSummary;
}

/**
 * Asks an OIDC provider, in the tenant's turn, or judges the summary of a SAML provider's metadata. Throws `tenant_busy`,
 * `overloaded`, and the reason of the caller's signal.
 */
export async function checkProvider(ctx: Context, config: idpConfigs.IdpConfigRow, now: Date): Promise<Checked> {
  switch (config.kind) {
    case 'oidc':
      return checkByAsking(ctx, config);
    case 'saml':
      return checkSaml(ctx, config, now);
    default:
      return config.kind satisfies never;
  }
}

async function checkByAsking(ctx: Context, config: idpConfigs.IdpConfigRow): Promise<Checked> {
  const { signal } = ctx;
  const { id, tenant_id, issuer } = config;
  const outbound: Outbound = { ...ctx.outbound, get: (url) => ctx.outbound.get(url, { signal }) };
  const report = (err: Error) => ctx.logger.warn({ err, idp_config_id: id }, 'an identity provider was not reached');
  const ask = () => checkOidc(outbound, issuer, report);
  const findings = await ctx.idpConfigs.providerGate.run(tenant_id, ask, { signal });
  return { findings: [...findings, ...(await checkSecret(ctx, config))] };
}

async function checkSecret(ctx: Context, config: idpConfigs.IdpConfigRow): Promise<Finding[]> {
  try {
    await ctx.idpConfigs.clientSecretOf(config);
    return [];
  } catch (error) {
    if (!(error instanceof UnresolvedSecretError)) throw error;
    ctx.logger.warn({ err: error, idp_config_id: config.id }, 'a client secret was not resolved');
    return [{ severity: 'error', code: 'client_secret_unresolved', message: error.message }];
  }
}

async function checkSaml(ctx: Context, config: idpConfigs.IdpConfigRow, now: Date): Promise<Checked> {
  const xml = (config.metadata as { readonly xml?: unknown }).xml; // the table holds the column to an object
  if (xml === undefined) return failed('metadata_missing', 'The configuration has no metadata.xml.');
  const facts = { issuer: config.issuer, now, acceptsScheme: ctx.outbound.acceptsScheme };
  const known = summaryOf(config.saml_summary, String(xml));
  if (known !== undefined) return judgeSamlMetadata(known, facts);
  try {
    const saml_summary = await ctx.idpConfigs.saml.read(String(xml), config.tenant_id, ctx.signal);
    return { ...judgeSamlMetadata(saml_summary, facts), saml_summary };
  } catch (error) {
    if (error instanceof DomainError && error.definition === idpConfigErrors.metadataInvalid.definition) {
      return failed('metadata_invalid', error.message);
    }
    throw error;
  }
}

function failed(code: Finding['code'], message: string): Checked {
  return { findings: [{ severity: 'error', code, message }], certificates: [] };
}
