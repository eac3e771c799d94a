/** The keys that only the environment has: made on the developer's own machine, and complete wherever the server starts. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Db, webhooks } from '@tenant-registry/db';
import type { Config } from './config.ts';
import { secretsKeyId } from './kernel/sealed.ts';

/** Returns the config with a key for secrets and one that signs the audit log: the given ones, or those in the data directory (mode 0600), made when absent. Where no credentials may be made, it stays as it is. */
export function withDevKeys(config: Config): Config {
  if (!config.makesTokens) return config;
  const { dataDir, secretsKeys, auditSigningKeys } = config;
  return {
    ...config,
    secretsKeys: secretsKeys.length > 0 ? secretsKeys : [keptKey(dataDir, secretsKeyFile)],
    auditSigningKeys: auditSigningKeys.length > 0 ? auditSigningKeys : [keptKey(dataDir, signingKeyFile)],
  };
}

/** Returns the keys that sign the audit log, as `withDevKeys` does, and makes none: for commands that only read. */
export function signingKeysOf({ auditSigningKeys, ...config }: Config): readonly string[] {
  return auditSigningKeys.length > 0 ? auditSigningKeys : keysIn(config, signingKeyFile);
}

/** Returns the keys that secrets are sealed under, as `signingKeysOf` does. */
export function secretsKeysOf({ secretsKeys, ...config }: Config): readonly string[] {
  return secretsKeys.length > 0 ? secretsKeys : keysIn(config, secretsKeyFile);
}

function keysIn({ makesTokens, dataDir }: Pick<Config, 'makesTokens' | 'dataDir'>, file: KeyFile): readonly string[] {
  return makesTokens && existsSync(join(dataDir, file.name)) ? [keptKey(dataDir, file)] : [];
}

/** Throws, naming each, when secrets in the database are sealed under keys that SECRETS_KEY does not have. */
export async function requireSealingKeys(db: Db, { secretsKeys }: Pick<Config, 'secretsKeys'>): Promise<void> {
  const known = new Set(secretsKeys.map(secretsKeyId));
  const missing = (await webhooks.listSealingKeys(db)).filter(({ key_id }) => !known.has(key_id));
  if (missing.length === 0) return;
  const named = missing.map(({ key_id, secrets }) => `${key_id} (${secrets})`).join(', ');
  throw new Error(
    `SECRETS_KEY lacks keys that secrets of webhooks are sealed under, by id and number of secrets: ${named}. Add each behind the newest one; without it no delivery could be signed`,
  );
}

interface KeyFile {
  readonly name: string;
  readonly form: RegExp;
  /** What the key is for. */
  readonly use: string;
}

const secretsKeyFile: KeyFile = { name: 'secrets-key', form: /^[!-+\--~]{32,4096}$/, use: 'the webhooks' };
const signingKeyFile: KeyFile = { name: 'audit-signing-key', form: /^[0-9a-f]{64}$/, use: 'the old verifier' };

function keptKey(dataDir: string, { name, form, use }: KeyFile): string {
  const file = join(dataDir, name);
  mkdirSync(dataDir, { recursive: true });
  const fresh = randomBytes(32).toString('hex');
  try {
    writeFileSync(file, `${fresh}\n`, { mode: 0o600, flag: 'wx' });
    return fresh;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const kept = readFileSync(file, 'utf8').trim();
    if (form.test(kept)) return kept;
    throw new Error(`${file} is not what was written there: put the key back, or delete the file and ${use} with it`);
  }
}
