/** Tells when there are values, and lets a program wait for them. */
import { isRegistryError } from '../errors.ts';

export interface Readiness {
  /** A Node process does not end while something waits for this promise, as for any call. */
  readonly promise: Promise<void>;
  /** There are values. */
  reached(): void;
  /** A connection failed. Only a failure that time does not cure settles the promise. */
  failed(error: unknown): void;
  /** There will be no values any more. */
  ended(reason: unknown): void;
}

/** Nothing fires before. */
const FAR_MS = 2 ** 31 - 1;

/** Starts to wait. */
export function createReadiness(): Readiness {
  const { promise, resolve, reject } = withResolvers();
  // A program need not wait for it.
  promise.catch(() => {});
  let settled = false;
  let holding: ReturnType<typeof setInterval> | undefined;
  const settle = (act: () => void) => {
    settled = true;
    clearInterval(holding);
    act();
  };
  return {
    get promise() {
      if (!settled) holding ??= setInterval(() => {}, FAR_MS);
      return promise;
    },
    reached: () => settle(resolve),
    failed(error) {
      if (isFinal(error)) settle(() => reject(error));
    },
    ended: (reason) => settle(() => reject(reason)),
  };
}

/** Tells whether only the caller can help. */
function isFinal(error: unknown): boolean {
  if (!isRegistryError(error)) return false;
  return ['unauthenticated', 'forbidden', 'not_found', 'invalid_input'].includes(error.code);
}

// The function of ES2024 is not in every Node that the package supports.
function withResolvers() {
  let resolve = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
