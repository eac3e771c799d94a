/** What the registry asks a provider for, in the tenant's turn and in time for an answer. */
import type { idpConfigs, signInFlows } from '@tenant-registry/db';
import type { Allowance } from '../../../kernel/allowance.ts';
import { withinDeadline } from '../../../kernel/async/deadline.ts';
import type { ActorContext, Context } from '../../../kernel/context.ts';
import { DomainError } from '../../../kernel/errors.ts';
import type { Gate } from '../../../kernel/gate.ts';
import type { ProviderMetadata } from '../../../kernel/openid/discovery.ts';
import type { Providers } from '../../../kernel/openid/providers.ts';
import type { JsonObject } from '../../../kernel/openid.ts';
import { authorizationUrl, redeem } from './exchange.ts';
import { isState, secretsOf } from './flow.ts';
import { SignInRefusal } from './refusal.ts';

/** The part of a request's time that a provider may take: the rest is for what follows. */
const PROVIDER_SHARE = 0.75;
/** An issuer is a part of the ids of its people. */
const ISSUER_LENGTH_MAX = 255;

type Config = idpConfigs.IdpConfigRow;
type Flow = signInFlows.SignInFlowRow;

/** What sign-ins run on. */
export interface SignIn {
  readonly publicUrl: string;
  readonly providers: Providers;
  readonly gate: Gate;
  /** How many refusals of people whom nobody proved the audit log of a tenant gets. */
  readonly strangers: Allowance;
}

/** Resolves with the address of the provider at which the browser begins the flow of the cookie. */
export async function addressAt(signIn: SignIn, ctx: Context, { config, cookie }: Begun): Promise<string> {
  const client_id = clientOf(config);
  const metadata = await atProvider(signIn, ctx, config, () => metadataOf(signIn, config.issuer));
  const exchange = { metadata, client_id, redirect_uri: redirectUri(signIn), secrets: secretsOf(cookie) };
  return authorizationUrl(exchange, config.required_acr);
}

interface Begun {
  readonly config: Config;
  readonly cookie: string;
}

interface Proving extends Begun {
  readonly flow: Flow;
  readonly parameters: URLSearchParams;
}

/** Resolves with the claims that the provider proves. Rejects with `SignInRefusal`. */
export async function claimsOf(
  signIn: SignIn,
  ctx: ActorContext,
  { flow, config, cookie, parameters: returned }: Proving,
): Promise<JsonObject> {
  const now = ctx.clock();
  if (Date.parse(flow.expires_at) <= now.getTime()) throw new SignInRefusal('sign_in_expired', 'expired_flow');
  if (flow.idp_config_version !== config.version) throw new SignInRefusal('sign_in_refused', 'configuration');
  const secrets = secretsOf(cookie);
  if (!isState(secrets, returned.get('state') ?? '')) throw new SignInRefusal('sign_in_refused', 'state');
  const client_id = clientOf(config);
  const clientSecret = await secretOf(ctx, config);
  return atProvider(signIn, ctx, config, async () =>
    redeem({
      metadata: await metadataOf(signIn, config.issuer),
      client_id,
      clientSecret,
      redirect_uri: redirectUri(signIn),
      secrets,
      returned,
      keys: signIn.providers.keysOf(config.issuer),
      outbound: ctx.outbound,
      signal: ctx.signal,
      now,
      aheadMs: ctx.registryClock.aheadMs(),
    }),
  );
}

async function secretOf(ctx: ActorContext, config: Config): Promise<string | null> {
  try {
    return await ctx.idpConfigs.clientSecretOf(config);
  } catch (error) {
    throw new SignInRefusal('sign_in_refused', 'client_secret', error instanceof Error ? error.message : undefined);
  }
}

function clientOf({ client_id, issuer }: Config): string {
  if (client_id === null) throw new SignInRefusal('sign_in_refused', 'client_id');
  // Written before the rule: the ids of its people would not fit.
  if (issuer.length > ISSUER_LENGTH_MAX || issuer.includes('|')) throw new SignInRefusal('sign_in_refused', 'issuer');
  return client_id;
}

function redirectUri({ publicUrl }: SignIn): string {
  return `${publicUrl}/auth/callback`;
}

/** Works with the provider in the tenant's turn, and gives up in time for an answer. */
async function atProvider<T>(
  { gate }: SignIn,
  ctx: Context,
  { tenant_id }: Config,
  work: () => Promise<T>,
): Promise<T> {
  const { signal } = ctx;
  const late = () => new SignInRefusal('provider_unavailable', 'time');
  try {
    return await withinDeadline(gate.run(tenant_id, work, { signal }), ctx.deadline.leftMs() * PROVIDER_SHARE, late);
  } catch (error) {
    const isBusy = error instanceof DomainError && ['tenant_busy', 'overloaded'].includes(error.definition.code);
    if (isBusy && !signal.aborted) throw new SignInRefusal('provider_unavailable', 'busy');
    throw error;
  }
}

async function metadataOf({ providers }: SignIn, issuer: string): Promise<ProviderMetadata> {
  try {
    return await providers.metadata(issuer);
  } catch (error) {
    throw new SignInRefusal('provider_unavailable', 'discovery', error instanceof Error ? error.message : undefined);
  }
}
