/** One call at a later time, which a test may bring about itself. */

/** Calls the function once, after the milliseconds, unless what it returns is called before. */
export type After = (ms: number, run: () => void) => () => void;

/** By a timer of the system, which keeps no process alive. */
export const afterTimer: After = (ms, run) => {
  const timer = setTimeout(run, ms).unref();
  return () => clearTimeout(timer);
};
