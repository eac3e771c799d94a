/** The refusals and failures of the target `spicedb`. */
import { redactPasswords, safeMessage } from '../redact.ts';

export type SpicedbErrorCode =
  | 'failed'
  | 'role_password_missing'
  | 'role_password_unusable'
  | 'role_taken'
  | 'schema_not_empty'
  | 'schema_taken'
  | 'superuser_needed'
  | 'superuser_password_missing'
  | 'url_unusable'
  | 'wrong_target';

/**
 * Thrown when nothing was changed. `failed` means that the server or the way to it failed (lost at the commit itself, the
 * connection leaves open whether that counted: repeat the call), and every other code that the call was refused. Neither
 * the message nor the causes hold a password or a verifier.
 */
export class SpicedbError extends Error {
  readonly code: SpicedbErrorCode;

  constructor(code: SpicedbErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SpicedbError';
    this.code = code;
  }
}

/** Returns a refusal as it is, and any other error as `failed`, without the secrets. */
export function asSpicedbError(error: unknown, secrets: readonly string[]): SpicedbError {
  if (error instanceof SpicedbError) return error;
  return new SpicedbError('failed', safeMessage(error, secrets), { cause: withoutSecrets(error, secrets) });
}

/** An error of the driver has members that quote statements and rows: only its message, code and stack are kept. */
function withoutSecrets(error: unknown, secrets: readonly string[]): Error {
  const clean = new Error(safeMessage(error, secrets));
  if (!(error instanceof Error)) return clean;
  clean.name = error.name;
  clean.stack = redactPasswords(error.stack ?? '', secrets);
  if ('code' in error) Object.assign(clean, { code: error.code });
  if (error.cause !== undefined) clean.cause = withoutSecrets(error.cause, secrets);
  return clean;
}
