/** Credentials for a first start on the developer's own machine: made once, kept private, printed. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from './config.ts';

const stored = z.object({ operator: z.string().min(32), internal: z.string().min(32) });

/** Returns the config with both kinds of token: the given ones, else those in the data directory (mode 0600), made when absent. Where none may be made, it stays as it is. */
export function withDevTokens(config: Config): Config {
  const { operator, internal } = config.tokens;
  if (!config.makesTokens || (operator.length > 0 && internal.length > 0)) return config;
  const kept = keptTokens(config.dataDir);
  return {
    ...config,
    tokens: {
      operator: operator.length > 0 ? operator : [kept.operator],
      internal: internal.length > 0 ? internal : [kept.internal],
    },
  };
}

function keptTokens(dataDir: string): z.infer<typeof stored> {
  const file = join(dataDir, 'tokens.json');
  mkdirSync(dataDir, { recursive: true });
  const fresh = { operator: newToken('op'), internal: newToken('int') };
  try {
    writeFileSync(file, JSON.stringify(fresh, null, 2), { mode: 0o600, flag: 'wx' });
    return fresh;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    return readTokens(file);
  }
}

function readTokens(file: string): z.infer<typeof stored> {
  try {
    return stored.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof z.ZodError)) throw error;
    throw new Error(`${file} is not what was written there: delete it, and new tokens are made`);
  }
}

function newToken(kind: string): string {
  return `tr_${kind}_${randomBytes(24).toString('base64url')}`;
}
