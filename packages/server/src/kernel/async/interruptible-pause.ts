/** A pause that can be cut short. */
export interface InterruptiblePause {
  /** Ends the pause under way, or else the next one. */
  interrupt(): void;
  /** Resolves after the time, or when interrupted. One pause at a time. */
  rest(ms: number): Promise<void>;
}

/** Makes a pause that is not interrupted. */
export function createInterruptiblePause(): InterruptiblePause {
  let interrupted = false;
  let end = () => {};
  return {
    interrupt() {
      interrupted = true;
      end();
    },
    async rest(ms) {
      if (!interrupted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          end = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      interrupted = false;
      end = () => {};
    },
  };
}
