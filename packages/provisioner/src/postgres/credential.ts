/** Passwords, and what a server checks them with. */
import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Endpoint } from '../types.ts';

const PASSWORD_BYTES = 32;
const SALT_BYTES = 16;
/** As many as PostgreSQL takes itself: the password is random, so more would only cost clients time. */
const ITERATIONS = 4_096;

/** The keys of a secret. */
export const SECRET_KEYS = ['user', 'password', 'host', 'port', 'dbname', 'uri'] as const;

/** Returns a password of 256 random bits, in letters that no URL escapes. */
export function newPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('base64url');
}

/** Resolves to the SCRAM verifier of the password (RFC 5803): a server that has it can check the password, not know it. */
export async function scramVerifier(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const salted = await promisify(pbkdf2)(password, salt, ITERATIONS, 32, 'sha256');
  const keyed = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${keyed('Server Key').toString('base64')}`;
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
