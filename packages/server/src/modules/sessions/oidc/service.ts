/** Sign-in through a provider: the way to it, and the way back. Every refusal is written down and tells the page one code. */
import { idpConfigs, signInFlows, type Tx, tenants } from '@tenant-registry/db';
import { anonymousActor } from '../../../kernel/actor.ts';
import type { ActorContext, Context } from '../../../kernel/context.ts';
import { id } from '../../../kernel/schema.ts';
import { transact } from '../../../kernel/transact.ts';
import { digestOf, isCookieShaped, mintCookie, setCookie } from '../cookie.ts';
import { personOf, requireAssurance } from './claims.ts';
import { enter } from './enter.ts';
import { clearFlowCookie, FLOW_MS_MAX, linkHashOf, pathOfOurs, setFlowCookie, withError } from './flow.ts';
import type { BrowserAnswer, Returned } from './port.ts';
import { addressAt, claimsOf, type SignIn } from './proof.ts';
import { SignInRefusal } from './refusal.ts';
import { rehearse } from './rehearsal.ts';
import { signInEvents } from './schema.ts';

/** Sign-ins that are under way; one more ends the oldest. An office is one network. */
const FLOWS_MAX = { ofTenant: 10_000, ofNetwork: 300 };

type Config = idpConfigs.IdpConfigRow;
type Flow = signInFlows.SignInFlowRow;

/** Sends the browser to the provider, or back to its page with a refusal. */
export async function begin(signIn: SignIn, given: Context, asked: URLSearchParams): Promise<BrowserAnswer> {
  const ctx = asStranger(given);
  const link = asked.get('rehearsal');
  if (link !== null) return beginRehearsal(signIn, ctx, link);
  const return_to = pathOfOurs(asked.get('return_to'));
  const found = await findConfig(ctx, asked);
  if (found === undefined)
    return refuseUnknown(ctx, { code: 'sign_in_refused', reason: 'unknown_provider', return_to });
  const { config, tenant } = found;
  try {
    if (tenant.status === 'frozen') throw new SignInRefusal('tenant_frozen', 'tenant_frozen');
    if (tenant.status === 'archived') throw new SignInRefusal('sign_in_refused', 'tenant_archived');
    requireActive(config);
    return await lead(signIn, ctx, { config, return_to, rehearsal: false });
  } catch (error) {
    return refuse(signIn, ctx, { config, return_to, error });
  }
}

/** The person comes from nowhere, and the handle sees all: what is behind sign-in belongs to no caller yet. */
function asStranger(ctx: Context): ActorContext {
  return { ...ctx, db: ctx.root, actor: anonymousActor(ctx.sourceIp ?? 'unknown') };
}

/** Returns the configuration, and its tenant when it is the named one, by slug or id; undefined when there is none. */
async function findConfig({ db }: ActorContext, asked: URLSearchParams) {
  const { data: idp } = id.safeParse(asked.get('idp'));
  const config = idp === undefined ? undefined : await idpConfigs.findIdpConfig(db, idp);
  if (config?.kind !== 'oidc') return undefined;
  const tenant = await tenants.findTenant(db, config.tenant_id);
  const name = asked.get('tenant')?.toLowerCase();
  return tenant !== undefined && (name === tenant.slug || name === tenant.id) ? { config, tenant } : undefined;
}

function requireActive({ status }: Config): void {
  if (status !== 'active') throw new SignInRefusal('sign_in_refused', 'configuration');
}

interface Leading {
  readonly config: Config;
  readonly return_to: string;
  readonly rehearsal: boolean;
}

async function lead(signIn: SignIn, ctx: ActorContext, { config, ...flow }: Leading): Promise<BrowserAnswer> {
  const cookie = mintCookie();
  const location = await addressAt(signIn, ctx, { config, cookie });
  await transact(ctx, async (tx, _, nothingChanged) => {
    nothingChanged(); // a flow is no state of the tenant's
    await insertFlow(ctx, tx, { ...flow, config, flow_hash: digestOf(cookie), network: ctx.network });
  });
  return { kind: 'redirect', location, cookies: [setFlowCookie(cookie)] };
}

interface NewFlow extends Omit<Leading, 'config'> {
  readonly config: Pick<Config, 'id' | 'tenant_id' | 'version'>;
  readonly flow_hash: Uint8Array;
  readonly network: string | null;
}

/** Adds the flow and returns when it expires. */
export async function insertFlow({ clock }: Pick<Context, 'clock'>, tx: Tx, flow: NewFlow): Promise<Date> {
  const { config, ...rest } = flow;
  const created_at = clock();
  const expires_at = new Date(created_at.getTime() + FLOW_MS_MAX);
  const { id: idp_config_id, tenant_id, version: idp_config_version } = config;
  await signInFlows.insertSignInFlow(
    tx,
    { ...rest, tenant_id, idp_config_id, idp_config_version, created_at, expires_at },
    FLOWS_MAX,
  );
  return expires_at;
}

/** Ends a sign-in: with a session, or back at its page with a refusal. The flow is over in any case. */
export async function complete(signIn: SignIn, given: Context, returned: Returned): Promise<BrowserAnswer> {
  const ctx = asStranger(given);
  const { cookie = '' } = returned;
  const flow = isCookieShaped(cookie) ? await claimFlow(ctx, digestOf(cookie)) : undefined;
  const config = flow && (await idpConfigs.findIdpConfig(ctx.db, flow.idp_config_id));
  if (flow === undefined || config === undefined)
    return refuseUnknown(ctx, { code: 'sign_in_expired', reason: 'unknown_flow', return_to: '/' });
  const prove = () => claimsOf(signIn, ctx, { flow, config, cookie, parameters: returned.parameters });
  if (flow.rehearsal)
    return { kind: 'report', report: await rehearse(ctx, config, prove), cookies: [clearFlowCookie()] };
  let external_subject: string | null = null;
  try {
    requireActive(config);
    const claims = await prove();
    const person = personOf(config.issuer, claims, config.claim_mappings);
    ({ external_subject } = person);
    requireAssurance(claims, config);
    const { cookie: session } = await enter(given, { config, person });
    return { kind: 'redirect', location: flow.return_to, cookies: [setCookie(session), clearFlowCookie()] };
  } catch (error) {
    return refuse(signIn, ctx, { config, external_subject, return_to: flow.return_to, error });
  }
}

function claimFlow(ctx: ActorContext, flowHash: Uint8Array): Promise<Flow | undefined> {
  return transact(ctx, (tx, _, nothingChanged) => {
    nothingChanged(); // a flow is no state of the tenant's
    return signInFlows.claimSignInFlow(tx, flowHash);
  });
}

async function beginRehearsal(signIn: SignIn, ctx: ActorContext, link: string): Promise<BrowserAnswer> {
  const flow = isCookieShaped(link) ? await claimFlow(ctx, linkHashOf(link)) : undefined;
  const config = flow && (await idpConfigs.findIdpConfig(ctx.db, flow.idp_config_id));
  if (flow === undefined || config === undefined || Date.parse(flow.expires_at) <= ctx.clock().getTime())
    return refuseUnknown(ctx, { code: 'sign_in_expired', reason: 'unknown_rehearsal', return_to: '/' });
  try {
    if (config.status === 'deactivated') throw new SignInRefusal('sign_in_refused', 'configuration');
    return await lead(signIn, ctx, { config, return_to: '/', rehearsal: true });
  } catch (error) {
    const refused = () => Promise.reject(error);
    return { kind: 'report', report: await rehearse(ctx, config, refused), cookies: [] };
  }
}

interface Refused {
  readonly config: Config;
  readonly return_to: string;
  readonly external_subject?: string | null;
  readonly error: unknown;
}

/**
 * Writes the refusal down for the tenant and sends the browser back. Throws what is no refusal. Anybody can be refused as
 * often as they like: of those whom no provider proved, the log of a tenant gets some a minute, and the access log counts
 * the others together.
 */
async function refuse(
  { strangers }: SignIn,
  ctx: ActorContext,
  { config, return_to, external_subject = null, error }: Refused,
): Promise<BrowserAnswer> {
  if (!(error instanceof SignInRefusal)) throw error;
  const { id, tenant_id, alias } = config;
  const { code, reason, message } = error;
  ctx.logger.warn({ idp_config_id: id, code, reason, detail: message }, 'a sign-in was refused');
  if (external_subject !== null || strangers.admits(tenant_id))
    await transact(ctx, (_, record) =>
      record(signInEvents.refused, { id, tenant_id, alias, error: code, reason, external_subject }),
    );
  else ctx.accessLog.failed('session', reason, ctx.sourceIp ?? 'unknown');
  return { kind: 'redirect', location: withError(return_to, code), cookies: [clearFlowCookie()] };
}

/** Refuses a request that names no known configuration or flow. It belongs to no tenant, so the access log counts it. */
function refuseUnknown(
  ctx: ActorContext,
  { code, reason, return_to }: { readonly code: string; readonly reason: string; readonly return_to: string },
): BrowserAnswer {
  ctx.accessLog.failed('session', reason, ctx.sourceIp ?? 'unknown');
  return { kind: 'redirect', location: withError(return_to, code), cookies: [clearFlowCookie()] };
}
