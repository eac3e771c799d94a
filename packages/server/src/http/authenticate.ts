/** Bearer credential → actor: the one place where somebody becomes known. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Actor } from '../kernel/context.ts';
import { type Role, rolePermissions } from '../kernel/permissions.ts';

export interface StaticTokens {
  readonly operator: readonly string[];
  readonly internal: readonly string[];
}

/** Returns the actor of an Authorization header, or null when it names nobody. */
export type Authenticate = (authorization: string | undefined) => Actor | null;

/** Knows the static tokens. Compares in constant time, and always with every token. */
export function createAuthenticate({ operator, internal }: StaticTokens): Authenticate {
  const known = [
    ...operator.map((token) => ({ digest: digestOf(token), actor: actorOf('operator', 'Operator token') })),
    ...internal.map((token) => ({ digest: digestOf(token), actor: actorOf('internal', 'Internal token') })),
  ];
  return (authorization) => {
    const token = /^Bearer +([!-~]{1,4096})$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return null;
    const digest = digestOf(token);
    return known.filter((each) => timingSafeEqual(each.digest, digest))[0]?.actor ?? null;
  };
}

/** Digests have one length, whatever was sent: the comparison tells nothing of the token's length either. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function actorOf(type: Role, name: string): Actor {
  return { type, id: `${type}_token`, name, permissions: new Set(rolePermissions[type]) };
}
