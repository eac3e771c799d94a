/** What a caller may give to a key that it makes: never more than it holds. */
import { hasPassed } from '../../kernel/clock.ts';
import type { ActorContext } from '../../kernel/context.ts';
import { kernelErrors } from '../../kernel/errors.ts';
import { requireHeld } from '../../kernel/held.ts';
import { type Permission, SCOPE_PREFIX } from '../../kernel/permissions.ts';
import { apiKeyErrors } from './errors.ts';
import type { ApiKey } from './schema.ts';

/**
 * Only a key that works is replaced, and only by a caller that could make it. A person's key is replaced by that person
 * alone, so no other caller gets its plaintext.
 */
export function requireRotatable(ctx: ActorContext, { revoked_at, expires_at, user_id, ...key }: ApiKey): void {
  if (revoked_at !== null || hasPassed(expires_at, ctx.clock())) throw apiKeyErrors.apiKeyNotActive();
  if (user_id !== null && user_id !== ctx.actor.user_id)
    throw kernelErrors.forbidden({ detail: 'The key belongs to a person, who alone may rotate it.' });
  requireScopesHeld(ctx, key.scopes, ctx.grants.ofScopes(key.scopes, key.project_id !== null));
}

/**
 * Throws `forbidden` for a scope of the products' own unless the caller may make keys for others there: products take such
 * a scope for the word of whoever may give keys away, and a person without any role would give itself what it likes.
 */
export function requireProductScopes(ctx: ActorContext, scopes: readonly string[]): void {
  if (scopes.some((scope) => !scope.startsWith(SCOPE_PREFIX))) requireHeld(ctx, ['api_keys:write']);
}

/** Scopes that speak of the registry itself must be ones that such a key can have, and that its maker holds. */
export function requireGrantable(ctx: ActorContext, scopes: readonly string[], boundToProject: boolean): void {
  const granted = ctx.grants.ofScopes(scopes, boundToProject);
  const errors = scopes.flatMap((scope, index) => {
    const known = !scope.startsWith(SCOPE_PREFIX) || [...granted].some((each) => SCOPE_PREFIX + each === scope);
    return known ? [] : [{ pointer: `/scopes/${index}`, message: 'is no permission that such a key can have' }];
  });
  if (errors.length > 0) throw kernelErrors.invalidInput({ errors });
  requireScopesHeld(ctx, scopes, granted);
}

/**
 * Throws `forbidden` for a permission or scope that the caller does not hold: a key that may make keys could make itself an
 * admin otherwise. The registry does not know the meaning of the products' own scopes: a key gives away only those that it
 * has, and people, who have none, may give any.
 */
function requireScopesHeld(ctx: ActorContext, scopes: readonly string[], granted: ReadonlySet<Permission>): void {
  requireHeld(ctx, granted);
  const beyond = scopes.find((scope) => ctx.actor.scopes?.includes(scope) === false);
  if (beyond !== undefined) throw kernelErrors.forbidden({ detail: `The scope ${beyond} is not this key's to give.` });
}
