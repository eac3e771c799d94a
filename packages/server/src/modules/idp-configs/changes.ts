/** What a change really changes, decided from the two states alone. */
import { isDeepStrictEqual } from 'node:util';
import type { IdpConfig, UpdateIdpConfig } from './schema.ts';

type Changes = Partial<Omit<UpdateIdpConfig, 'id'>>;

/** A sign-in depends on these; on the others only what happens after it. */
const VERIFIED: readonly string[] = ['issuer', 'client_id', 'client_secret_ref', 'metadata'];

/** Returns the fields of the input that differ from the configuration. */
export function changesOf(current: IdpConfig, input: Changes): Changes {
  const before = new Map<string, unknown>(Object.entries(current));
  return Object.fromEntries(
    Object.entries(input).filter(
      ([field, value]) => value !== undefined && !isDeepStrictEqual(value, before.get(field)),
    ),
  );
}

/** Whether an earlier verification says nothing any more about a configuration that changed like this. */
export function invalidatesVerification(changes: Changes): boolean {
  return changes.status === 'active' || Object.keys(changes).some((field) => VERIFIED.includes(field));
}

/** Whether other people than before could come in by a configuration that changed like this, or come in as somebody else. */
export function decidesWhoComes(changes: Changes): boolean {
  return changes.status !== 'deactivated' && Object.keys(changes).some((field) => field !== 'alias');
}
