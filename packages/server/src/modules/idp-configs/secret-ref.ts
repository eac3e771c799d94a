/** Which references to a client secret a tenant may write, decided from the text alone. */

/** What follows belongs to the tenant alone: the operator gives no other variable such a name. */
const ENV_PREFIX = 'IDP_SECRET_';
/** Names of files and folders; none begins with a dot, so none leads out of the folder. */
const FILE_PATH = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/** A place of the tenant's own. */
export type SecretPlace =
  | { readonly kind: 'env'; readonly variable: string }
  /** Below the tenant's folder in SECRETS_DIR. */
  | { readonly kind: 'file'; readonly path: string };

/**
 * Returns the place that the reference names, or undefined when it is none of the tenant's own: a tenant that could name
 * any variable or file would have the registry send the operator's secrets to an issuer of its choice.
 */
export function secretPlaceOf(ref: string, tenantId: string): SecretPlace | undefined {
  if (ref.startsWith('env:')) {
    const variable = ref.slice('env:'.length);
    const own = variablePrefix(tenantId);
    const isOwn = variable.startsWith(own) && /^[A-Za-z0-9_]+$/.test(variable.slice(own.length));
    return isOwn ? { kind: 'env', variable } : undefined;
  }
  const path = ref.startsWith('file:') ? ref.slice('file:'.length) : '';
  return FILE_PATH.test(path) ? { kind: 'file', path } : undefined;
}

/** Returns what is wrong with the reference, without repeating it: what was sent may be the secret itself. */
export function secretRefMistake(ref: string, tenantId: string): string | undefined {
  if (secretPlaceOf(ref, tenantId) !== undefined) return undefined;
  return `must be a reference to a secret of this tenant: file:NAME in its folder, or env:${variablePrefix(tenantId)}NAME`;
}

/** Tells whether a variable of the environment is a client secret of some tenant. */
export function isSecretVariable(name: string): boolean {
  return name.startsWith(ENV_PREFIX);
}

function variablePrefix(tenantId: string): string {
  return `${ENV_PREFIX}${tenantId.replaceAll('-', '_')}_`;
}
