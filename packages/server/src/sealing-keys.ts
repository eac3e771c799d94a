/** The keys under which secrets are sealed: made on the developer's own machine, and complete wherever the server starts. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Db, webhooks } from '@tenant-registry/db';
import type { Config } from './config.ts';
import { secretsKeyId } from './kernel/sealed.ts';

/** Returns the config with a key for secrets: the given ones, or the one in the data directory (mode 0600), made when absent. Where no credentials may be made, it stays as it is. */
export function withDevSecretsKey(config: Config): Config {
  if (!config.makesTokens || config.secretsKeys.length > 0) return config;
  return { ...config, secretsKeys: [keptKey(config.dataDir)] };
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

const KEY = /^[!-+\--~]{32,4096}$/;

function keptKey(dataDir: string): string {
  const file = join(dataDir, 'secrets-key');
  mkdirSync(dataDir, { recursive: true });
  const fresh = randomBytes(32).toString('hex');
  try {
    writeFileSync(file, `${fresh}\n`, { mode: 0o600, flag: 'wx' });
    return fresh;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    const kept = readFileSync(file, 'utf8').trim();
    if (KEY.test(kept)) return kept;
    throw new Error(
      `${file} is not what was written there: put the key back, or delete the file and the webhooks with it`,
    );
  }
}
