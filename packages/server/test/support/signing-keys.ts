/** Key pairs for tests. Making an RSA key takes a while, so keys go from one issuer to the next, under a new name. */
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK } from 'jose';

/** Private keys of one issuer; RSA serves RS and PS, the curves ES256 and EdDSA. */
export type SigningKeys = Readonly<Record<'rsa' | 'ec' | 'ed', JWK>>;

const idle: SigningKeys[] = [];

/** Resolves with keys that no other test holds. */
export async function takeKeys(): Promise<SigningKeys> {
  const { rsa, ec, ed } = idle.pop() ?? {
    rsa: await newKey('RS256'),
    ec: await newKey('ES256'),
    ed: await newKey('EdDSA'),
  };
  const named = (key: JWK): JWK => ({ ...key, kid: randomUUID(), use: 'sig' });
  return { rsa: named(rsa), ec: named(ec), ed: named(ed) };
}

/** Gives the keys to the next test: their former owner signs no more. */
export function giveKeysBack(keys: readonly SigningKeys[]): void {
  idle.push(...keys);
}

async function newKey(algorithm: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  return exportJWK(privateKey);
}
