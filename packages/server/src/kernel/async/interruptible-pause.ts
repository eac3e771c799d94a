/** A pause that can be cut short. */
export interface Alarm {
  /** Ends the pause under way, or else the next one. */
  ring(): void;
  /** Resolves after the time, or when rung. One at a time. */
  rest(ms: number): Promise<void>;
}

/** Makes one that has not rung. */
export function createAlarm(): Alarm {
  let rung = false;
  let end = () => {};
  return {
    ring() {
      rung = true;
      end();
    },
    async rest(ms) {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          end = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      rung = false;
      end = () => {};
    },
  };
}
