import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when it is so; an error of `isSo` means that it is not yet. Throws with what was waited for when the time is over. */
export async function until(what: string, limitMs: number, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const end = performance.now() + limitMs;
  for (;;) {
    const [so, reason] = await Promise.resolve()
      .then(isSo)
      .then(
        (answer) => [answer, ''] as const,
        (error: unknown) => [false, `: ${error instanceof Error ? error.message : String(error)}`] as const,
      );
    if (so) return;
    if (performance.now() > end) throw new Error(`after ${limitMs} ms: ${what}${reason}`);
    await sleep(100);
  }
}
