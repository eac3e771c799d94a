/** People who look at the log of their group: whom a token lets in, and for how long. */
import { type Actor, keyActor } from '../../kernel/actor.ts';
import type { ActorContext, Context, Dependencies } from '../../kernel/context.ts';
import { refusedCredential } from '../../kernel/credentials.ts';
import { kernelErrors } from '../../kernel/errors.ts';
import { namedTenant } from './groups.ts';
import { VIEWER_TOKEN_MAX, type ViewerTokenQuery } from './schema.ts';
import {
  digestOf,
  isSameDigest,
  readGrant,
  signGrant,
  type ViewerGrant,
  type ViewerTokenKind,
} from './viewer-tokens.ts';

const TOKEN_MS = 300_000;
const SESSION_MS = 3_600_000;
const VIEW_ACTION = 'audit.log.view';
const TOO_LONG = { pointer: '/actor_id', message: 'is too long for a token, with all else', in: 'query' } as const;

const refusals = {
  unknown: { reason: 'unknown', detail: 'This token of a viewer is not known here.' },
  expired: { reason: 'expired', detail: 'This token of a viewer has expired.', genuine: true },
  ended: {
    reason: 'revoked',
    detail: 'The credential that this token of a viewer was made with is no longer valid.',
    genuine: true,
  },
};

type ViewerDependencies = Pick<Dependencies, 'retraced' | 'apiKeys' | 'grants' | 'clock'>;

interface Minting {
  readonly product: string;
  readonly query: ViewerTokenQuery;
  /** The credential of the request. */
  readonly credential: string;
}

/** Returns a token that becomes a session of a viewer within five minutes. Throws `not_found` for another group. */
export async function mintViewerToken(ctx: ActorContext, { product, query, credential }: Minting): Promise<string> {
  const { actor, retraced, clock } = ctx;
  const tenant = await namedTenant(ctx, query.group_id ?? query.team_id, '/group_id');
  const key = await retraced.viewerKey();
  const token = signGrant(key, 'viewer_token', {
    product,
    tenant_id: tenant,
    project_id: actor.project_id,
    target_id: query.target_id ?? null,
    actor_id: query.actor_id ?? null,
    is_admin: query.is_admin,
    view_action: query.view_log_action ?? VIEW_ACTION,
    minted:
      actor.type === 'internal' ? { by: 'internal', id: digestOf(key, credential) } : { by: 'api_key', id: actor.id },
    expires_at: clock().getTime() + TOKEN_MS,
  });
  if (token.length > VIEWER_TOKEN_MAX) throw kernelErrors.invalidInput({ errors: [TOO_LONG] });
  return token;
}

/** Exchanges a viewer's token for a session of an hour. Throws `unauthenticated`. */
export async function openViewerSession(ctx: Context, token: string): Promise<{ project_id: string; token: string }> {
  const grant = await viewerGrant(ctx, 'viewer_token', token);
  const session = { ...grant, expires_at: ctx.clock().getTime() + SESSION_MS };
  return { project_id: grant.product, token: signGrant(await ctx.retraced.viewerKey(), 'viewer_session', session) };
}

/** Resolves to what a token allows, while the credential that it was made with does. Throws `unauthenticated`. */
export async function viewerGrant(
  deps: ViewerDependencies,
  kind: ViewerTokenKind,
  token: string,
): Promise<ViewerGrant> {
  const grant = readGrant(await deps.retraced.viewerKey(), kind, token);
  if (grant === undefined) throw refusedCredential(refusals.unknown);
  if (grant.expires_at <= deps.clock().getTime()) throw refusedCredential(refusals.expired);
  if (!(await isStillAllowed(deps, grant))) throw refusedCredential(refusals.ended);
  return grant;
}

async function isStillAllowed(deps: ViewerDependencies, { minted, tenant_id, project_id }: ViewerGrant) {
  const { retraced, apiKeys, grants } = deps;
  if (minted.by === 'internal') {
    const key = await retraced.viewerKey();
    return retraced.internalTokens.map((token) => digestOf(key, token)).some((each) => isSameDigest(each, minted.id));
  }
  const holder = await apiKeys.holderById(minted.id);
  if (holder === null || holder.tenant_id !== tenant_id) return false;
  const actor = keyActor(grants, holder);
  return actor.project_id === project_id && actor.permissions.has('audit:read');
}

/** Resolves to the caller behind a session of a viewer: it may nothing but look. Throws `unauthenticated`. */
export async function identifyViewer(deps: ViewerDependencies, token: string): Promise<Actor> {
  const { actor_id, tenant_id, project_id } = await viewerGrant(deps, 'viewer_session', token);
  const id = actor_id ?? 'anonymous';
  return {
    type: 'user',
    id,
    name: id,
    principal: `retraced_viewer:${tenant_id}:${id}`,
    roles: [],
    permissions: new Set(),
    scopes: null,
    tenant_id,
    project_id,
    user_id: null,
    service_identity_id: null,
    session_id: null,
  };
}

/** Returns the grant of the session that the caller was identified by. Throws `unauthenticated`. */
export async function grantOfViewer(ctx: ActorContext, token: string): Promise<ViewerGrant> {
  const grant = readGrant(await ctx.retraced.viewerKey(), 'viewer_session', token);
  if (grant === undefined) throw kernelErrors.unauthenticated();
  return grant;
}

/** Returns the principal that vouches for what a viewer did. */
export function voucherOf({ minted }: ViewerGrant): string {
  return minted.by === 'internal' ? 'internal_token' : `api_key:${minted.id}`;
}
