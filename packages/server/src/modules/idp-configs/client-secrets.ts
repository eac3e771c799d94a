/** Reads the client secrets of tenants from their own places. A secret goes to the tenant's provider and nowhere else. */
import { open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { type SecretPlace, secretPlaceOf } from './secret-ref.ts';

const SECRET_BYTES_MAX = 4_096;

/** The reference leads to no secret. The message is for callers and names no path; the cause is for the log. */
export class UnresolvedSecretError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'UnresolvedSecretError';
  }
}

export interface SecretSources {
  /** SECRETS_DIR: a folder for each tenant, by its id; null: no file is read. */
  readonly secretsDir: string | null;
  /** The variables of the environment that are client secrets. */
  readonly idpSecrets: ReadonlyMap<string, string>;
}

interface Client {
  readonly tenant_id: string;
  readonly client_secret_ref: string | null;
}

/** Resolves to the secret, and to null for a client that has none. Rejects with `UnresolvedSecretError`. */
export type ClientSecretOf = (client: Client) => Promise<string | null>;

/** Reads each secret anew at each sign-in, so that the operator can change it at any time. */
export function createClientSecrets(sources: SecretSources): ClientSecretOf {
  return async ({ tenant_id, client_secret_ref: ref }) => {
    if (ref === null) return null;
    const place = secretPlaceOf(ref, tenant_id);
    if (place === undefined)
      throw new UnresolvedSecretError('The client_secret_ref names no place of this tenant: write another one.');
    const secret = (await textAt(place, tenant_id, sources)).trim();
    if (secret === '') throw new UnresolvedSecretError('The place that client_secret_ref names holds no secret.');
    return secret;
  };
}

async function textAt(place: SecretPlace, tenantId: string, sources: SecretSources): Promise<string> {
  if (place.kind === 'env') return sources.idpSecrets.get(place.variable) ?? '';
  if (sources.secretsDir === null) return '';
  try {
    return await fileIn(join(sources.secretsDir, tenantId), place.path);
  } catch (error) {
    if (error instanceof UnresolvedSecretError) throw error;
    throw new UnresolvedSecretError('The file that client_secret_ref names cannot be read.', error);
  }
}

/** Links within the folder are followed, because orchestrators mount secrets as such; none leads out of it. */
async function fileIn(folder: string, path: string): Promise<string> {
  const own = await realpath(folder);
  const real = await realpath(join(folder, path));
  if (!real.startsWith(own + sep)) throw new UnresolvedSecretError('The client_secret_ref leads out of its folder.');
  const file = await open(real);
  try {
    const buffer = Buffer.alloc(SECRET_BYTES_MAX + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    if (bytesRead > SECRET_BYTES_MAX)
      throw new UnresolvedSecretError(`The client secret has more than ${SECRET_BYTES_MAX} bytes.`);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
