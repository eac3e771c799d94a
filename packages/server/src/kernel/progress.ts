/** Says how far long work is, part by part. Without I/O but the line that it is given to write. */

export interface Progress {
  begin(name: string, size: number): void;
  done(more: number): void;
  end(): void;
}

export interface ProgressOptions {
  /** What a part is called, and what it consists of: `log`, `leaves`. */
  readonly part: string;
  readonly units: string;
  readonly write: (text: string) => void;
  /** Milliseconds. */
  readonly now: () => number;
  /** On a terminal one line is written again and again. */
  readonly isTerminal: boolean;
}

const EVERY_MS = { terminal: 200, elsewhere: 5_000 };

export function progressTo({ part, units, write, now, isTerminal }: ProgressOptions): Progress {
  const every = isTerminal ? EVERY_MS.terminal : EVERY_MS.elsewhere;
  let [name, size, done, begun, said] = ['', 0, 0, 0, now()];
  let isShown = false;
  const say = () => {
    const rate = Math.round((done * 1_000) / Math.max(1, now() - begun));
    const percent = size === 0 ? 100 : Math.floor((done * 100) / size);
    const text = `${part} ${name}: ${percent} % of ${size} ${units}, ${rate} a second`;
    write(isTerminal ? `\r\u001b[K${text}` : `${text}\n`);
    said = now();
    isShown = true;
  };
  return {
    begin(nextName, nextSize) {
      [name, size, done, begun] = [nextName, nextSize, 0, now()];
    },
    done(more) {
      done += more;
      if (now() - said >= every) say();
    },
    end() {
      if (isTerminal && isShown) write('\r\u001b[K');
    },
  };
}
