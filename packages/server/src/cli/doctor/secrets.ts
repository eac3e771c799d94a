/** Whether the keys are there that only the environment has. No value is told, nor a part of one. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { safeMessage } from '@tenant-registry/db';
import type { Config } from '../../config.ts';
import { requireSealingKeys, secretsKeysOf, signingKeysOf } from '../../sealing-keys.ts';
import type { Reached } from './reach.ts';
import { failed, ok, type Verdict, warning } from './verdict.ts';

const MAKE_ONE =
  'make one with "tenant-registry bootstrap" or `openssl rand -hex 32`, and keep a copy where the backups are not';

type Tokens = Pick<Config, 'tokens' | 'oidc' | 'makesTokens'>;

export function tokensVerdict({ tokens, oidc, makesTokens }: Tokens): Verdict {
  const { operator, internal } = tokens;
  if (makesTokens && (operator.length === 0 || internal.length === 0))
    return ok('the start makes the tokens, in DATA_DIR');
  const operators = [
    ...(operator.length === 0 ? [] : [counted(operator.length, 'OPERATOR_TOKEN')]),
    ...(oidc === null ? [] : ['AUTH_OIDC_ISSUER']),
  ];
  return ok(
    `operators come in by ${operators.join(' and ')}, products by ${counted(internal.length, 'INTERNAL_TOKEN')}`,
  );
}

export function pepperVerdict({ apiKeyPeppers, makesTokens }: Pick<Config, 'apiKeyPeppers' | 'makesTokens'>): Verdict {
  if (apiKeyPeppers.length > 0) return ok(`${counted(apiKeyPeppers.length, 'API_KEY_PEPPER')} is set`);
  if (makesTokens) return ok('API_KEY_PEPPER is not set, which production alone wants');
  return warning(
    'API_KEY_PEPPER is not set: the first use of each key after a start costs an argon2id computation',
    MAKE_ONE,
  );
}

/** Without a database that has a schema, only whether there is a key. */
export async function secretsKeyVerdict(config: Config, reached: Reached | null): Promise<Verdict> {
  const secretsKeys = secretsKeysOf(config);
  try {
    if (reached !== null) await requireSealingKeys(reached.database.db, { secretsKeys });
  } catch (error) {
    return failed(safeMessage(error), 'take the key from the copy that was kept beside the backups');
  }
  if (secretsKeys.length > 0)
    return ok(`${counted(secretsKeys.length, 'SECRETS_KEY')}, and secrets in the database need no other`);
  if (config.makesTokens) return ok('the start makes SECRETS_KEY, in DATA_DIR');
  return warning('SECRETS_KEY is not set: no webhook can be made', MAKE_ONE);
}

export async function signingKeyVerdict(config: Config): Promise<Verdict> {
  const { auditAnchorFile: file, auditOrigin, makesTokens } = config;
  if (file !== null && !(await isAppendable(file)))
    return failed(
      `AUDIT_ANCHOR_FILE is ${file}, which cannot be appended to`,
      'make its folder, and let this process write there',
    );
  const keys = signingKeysOf(config);
  if (keys.length > 0) return ok(`${counted(keys.length, 'AUDIT_SIGNING_KEY')} signs the audit log as ${auditOrigin}`);
  if (makesTokens) return ok('the start makes AUDIT_SIGNING_KEY, in DATA_DIR');
  return warning('AUDIT_SIGNING_KEY is not set: the audit log is sealed, and not signed', MAKE_ONE);
}

/** Makes no file. */
async function isAppendable(file: string): Promise<boolean> {
  const may = (path: string) => access(path, constants.W_OK).then(...settled);
  const isThere = await access(file).then(...settled);
  return may(isThere ? file : dirname(file));
}

const settled = [() => true, () => false] as const;

function counted(count: number, name: string): string {
  return count <= 1 ? name : `${name} (${count} values)`;
}
