/** What the portal tells people. */
import { isRegistryError, type RegistryErrorCode } from '@tenant-registry/client';

let steps = 0;

/** Prints the next step. */
export function step(text: string): void {
  steps += 1;
  console.log(`${String(steps).padStart(2)}. ${text}`);
}

/** Returns the line to show for an error: the registry's message names the operation, the fields at fault and the request. */
export function describe(error: unknown): string {
  return isRegistryError(error) ? error.message : String(error);
}

/** Waits for a call that has to be refused, with this code; anything else is a mistake of this program. */
export async function refused(code: RegistryErrorCode, call: Promise<unknown>): Promise<void> {
  const outcome = await call.then(
    () => 'it was done',
    (error: unknown) => error,
  );
  if (!isRegistryError(outcome, code))
    throw new Error(`expected ${code}, but: ${describe(outcome)}`, { cause: outcome });
}

/** Ends the program when something that has to be is not. */
export function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`this should be: ${what}`);
}
