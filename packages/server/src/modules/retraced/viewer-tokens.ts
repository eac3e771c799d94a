/** The tokens of viewers: signed, stored nowhere, and each kind good for one thing. */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** A token is exchanged for a session; a session reads. */
export type ViewerTokenKind = 'viewer_token' | 'viewer_session';

/** What a viewer may see, and on whose authority. */
export interface ViewerGrant {
  readonly product: string;
  /** Null: the rows of the platform. */
  readonly tenant_id: string | null;
  readonly project_id: string | null;
  /** The one target whose rows it is narrowed to; null: all. */
  readonly target_id: string | null;
  /** Null: whoever made the token named nobody. */
  readonly actor_id: string | null;
  readonly is_admin: boolean;
  /** The action of the row that each view writes. */
  readonly view_action: string;
  /** The credential that the token was made with: a key, or the digest of an internal token. */
  readonly minted: { readonly by: 'api_key' | 'internal'; readonly id: string };
  /** Milliseconds of the registry's clock. */
  readonly expires_at: number;
}

const MARK = 'rtv_';

/** Returns the token of a kind that carries the grant. */
export function signGrant(key: Uint8Array, kind: ViewerTokenKind, grant: ViewerGrant): string {
  const body = Buffer.from(JSON.stringify(grant)).toString('base64url');
  return `${MARK}${body}.${signature(key, kind, body).toString('base64url')}`;
}

/** Returns what a token of that kind carries, its end included; undefined for a text that we did not sign as one. */
export function readGrant(key: Uint8Array, kind: ViewerTokenKind, token: string): ViewerGrant | undefined {
  const [, body = '', signed = ''] = /^rtv_([\w-]+)\.([\w-]{43})$/.exec(token) ?? [];
  const [given, expected] = [Buffer.from(signed, 'base64url'), signature(key, kind, body)];
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  return JSON.parse(Buffer.from(body, 'base64url').toString()) as ViewerGrant; // signed by us
}

/** Returns the name of an internal token: it tells nothing of the token to whoever reads it. */
export function digestOf(key: Uint8Array, secret: string): string {
  return createHmac('sha256', key).update(`internal_token\n${secret}`).digest('base64url');
}

/** Compares two digests in constant time. */
export function isSameDigest(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function signature(key: Uint8Array, kind: ViewerTokenKind, body: string): Buffer {
  return createHmac('sha256', key).update(`${kind}\n${body}`).digest();
}
