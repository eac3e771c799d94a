/** Tells failures that time may cure from those that only the caller can help. */
import { isRegistryError, type RegistryError } from '../errors.ts';

/** Tells whether a later try may succeed where this one failed: without an answer, and with 408, 429 or 5xx. */
export function mayPass(error: unknown): error is RegistryError {
  if (!isRegistryError(error)) return false;
  const { status } = error;
  return status === undefined || status === 408 || status === 429 || status >= 500;
}
