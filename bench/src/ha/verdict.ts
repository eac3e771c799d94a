/** Asks one replica for one key, past the proxy and without repetition. */
import { tokens } from './fleet.ts';

const PATIENCE_MS = 6_000;

/** Resolves to whether the key was accepted, or to undefined when it is not known. */
export async function verdictAt(url: string, key: string): Promise<boolean | undefined> {
  try {
    const response = await fetch(`${url}/v1/internal/api-keys/verify`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens.internal}`, 'content-type': 'application/json' },
      body: JSON.stringify({ key }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const answer: unknown = await response.json();
    if (!response.ok || typeof answer !== 'object' || answer === null || !('valid' in answer)) return undefined;
    return answer.valid === true;
  } catch {
    return undefined;
  }
}
