import type { Target } from '../lib/load.ts';

/**
 * Throws unless `target` accepts each of its keys and refuses an unknown one: a server that accepts any key would win.
 * All keys are hot afterwards.
 */
export async function preflight(target: Target): Promise<void> {
  for (const body of target.bodies) {
    const answer = await post(target, body);
    if (!answer.ok || !target.accepts(answer.text)) {
      throw new Error(`${target.name} refused a good key with ${answer.status}: ${answer.text}`);
    }
  }
  const junk = (target.bodies[0] ?? '').replace(/.{6}("\})$/, 'AAAAAA$1');
  const answer = await post(target, junk);
  if (target.accepts(answer.text)) throw new Error(`${target.name} accepted a key that does not exist`);
}

async function post(target: Target, body: string): Promise<{ ok: boolean; status: number; text: string }> {
  const response = await fetch(target.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...target.headers },
    body,
    signal: AbortSignal.timeout(10_000),
  });
  return { ok: response.ok, status: response.status, text: await response.text() };
}
