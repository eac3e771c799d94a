/** Prints the portal's steps, and checks that they went as expected. */
import { isRegistryError, type RegistryErrorCode } from '@tenant-registry/client';

let steps = 0;

/** Prints the next step. */
export function step(text: string): void {
  steps += 1;
  console.log(`${String(steps).padStart(2)}. ${text}`);
}

/** Returns the text for an error. The message of a RegistryError names the operation, the fields at fault and the request. */
export function describe(error: unknown): string {
  return isRegistryError(error) ? error.message : String(error);
}

/** Waits for a call that the registry must refuse with this code, and throws if it succeeds or fails otherwise. */
export async function refused(code: RegistryErrorCode, call: Promise<unknown>): Promise<void> {
  const outcome = await call.then(
    () => 'the call succeeded',
    (error: unknown) => error,
  );
  if (!isRegistryError(outcome, code))
    throw new Error(`expected the error ${code}, but: ${describe(outcome)}`, { cause: outcome });
}

/** Throws, with the expectation in the message, unless the condition holds. */
export function expect(holds: boolean, expectation: string): void {
  if (!holds) throw new Error(`expected: ${expectation}`);
}
