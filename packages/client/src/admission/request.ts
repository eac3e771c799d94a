/** A request of any framework as the decisions see it, and what they attach to it. */
import type { AcceptedApiKey } from '../generated/schemas/api-keys.ts';
import type { AccessQuestion, CurrentSession } from '../types.ts';

type Principal = NonNullable<AccessQuestion['principal']>;

export interface SeenRequest {
  /** The framework's own object, to which the accepted credential is attached. */
  readonly request: object;
  readonly method: string | undefined;
  headerOf(name: string): string | null | undefined;
}

/** The part of a Node request that is read. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Reads a Node request, and treats a repeated header as absent. */
export function seenInNode(request: NodeRequest): SeenRequest {
  const { method, headers } = request;
  return {
    request,
    method,
    headerOf(name) {
      const value = headers[name.toLowerCase()];
      return typeof value === 'string' ? value : undefined;
    },
  };
}

const apiKeys = new WeakMap<object, AcceptedApiKey>();
const sessions = new WeakMap<object, CurrentSession>();
const principals = new WeakMap<object, Principal>();

export function attachApiKey(request: object, accepted: AcceptedApiKey): void {
  apiKeys.set(request, accepted);
  principals.set(request, { type: 'api_key', id: accepted.key_id });
}

export function attachSession(request: object, session: CurrentSession): void {
  sessions.set(request, session);
  principals.set(request, { type: 'user', id: session.user.id });
}

/** Returns the accepted key of a request: its tenant, its scopes. Throws if `requireApiKey` did not run before. */
export function apiKeyOf(request: object): AcceptedApiKey {
  const accepted = apiKeys.get(request);
  if (accepted === undefined) throw new Error('No API key was required of this request: use requireApiKey before.');
  return accepted;
}

/** Returns the person and the session of a request. Throws if `requireSession` did not run before. */
export function sessionOf(request: object): CurrentSession {
  const session = sessions.get(request);
  if (session === undefined) throw new Error('No session was required of this request: use requireSession before.');
  return session;
}

/** Returns whom the last accepted credential of a request belongs to. Throws if none was required before. */
export function principalOf(request: object): Principal {
  const principal = principals.get(request);
  if (principal === undefined)
    throw new Error('Nobody is known to have sent this request: use requireApiKey or requireSession before.');
  return principal;
}
