/** Thrown for a mistake on the command line; the process exits with 2. */
export class UsageError extends Error {}

/**
 * Runs a benchmark and disposes `stack` before the process ends: after success, an error, SIGINT, SIGTERM or `limitMs`
 * milliseconds. Exits with 0, 1 (failed) or 2 (usage).
 */
export async function runBench(limitMs: number, work: (stack: AsyncDisposableStack) => Promise<void>): Promise<never> {
  const stack = new AsyncDisposableStack();
  const interrupted = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error(`not finished after ${limitMs / 1000} s`)), limitMs).unref();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => reject(new Error(`stopped by ${signal}`)));
    }
  });
  let code = 0;
  try {
    await Promise.race([work(stack), interrupted]);
  } catch (error) {
    code = reportFailure(error);
  }
  await stack.disposeAsync().catch((error: unknown) => {
    code = reportFailure(error);
  });
  process.exit(code);
}

/** Prints the error on stderr and returns its exit code. */
export function reportFailure(error: unknown): 1 | 2 {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof UsageError ? 2 : 1;
}
