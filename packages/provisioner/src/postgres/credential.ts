/** Passwords, and the secrets that hold them. */
import { randomBytes } from 'node:crypto';
import type { Endpoint } from '../types.ts';

const PASSWORD_BYTES = 32;

/** The keys of a secret. */
export const SECRET_KEYS = ['user', 'password', 'host', 'port', 'dbname', 'uri'] as const;

/** Returns a password of 256 random bits, in letters that no URL escapes. */
export function newPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('base64url');
}

export interface Credential {
  readonly user: string;
  readonly password: string;
}

/** Returns what a consumer needs to connect, by the keys of the secret. */
export function secretData({ user, password }: Credential, { host, port, sslmode }: Endpoint, dbname: string) {
  const address = host.includes(':') ? `[${host}]` : host;
  const uri = `postgresql://${user}:${password}@${address}:${port}/${dbname}?sslmode=${sslmode}`;
  return { user, password, host, port: String(port), dbname, uri } satisfies Record<
    (typeof SECRET_KEYS)[number],
    string
  >;
}
