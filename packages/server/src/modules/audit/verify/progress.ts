/** Says how far a check is. Without I/O but the line that it is given to write. */

export interface Progress {
  begin(log: string, leaves: number): void;
  done(leaves: number): void;
  end(): void;
}

export interface ProgressOptions {
  readonly write: (text: string) => void;
  /** Milliseconds. */
  readonly now: () => number;
  /** On a terminal one line is written again and again. */
  readonly isTerminal: boolean;
}

const EVERY_MS = { terminal: 200, elsewhere: 5_000 };

export function progressTo({ write, now, isTerminal }: ProgressOptions): Progress {
  const every = isTerminal ? EVERY_MS.terminal : EVERY_MS.elsewhere;
  let [log, leaves, done, begun, said] = ['', 0, 0, 0, now()];
  let isShown = false;
  const say = () => {
    const rate = Math.round((done * 1_000) / Math.max(1, now() - begun));
    const percent = leaves === 0 ? 100 : Math.floor((done * 100) / leaves);
    const text = `log ${log}: ${percent} % of ${leaves} leaves, ${rate} a second`;
    write(isTerminal ? `\r\u001b[K${text}` : `${text}\n`);
    said = now();
    isShown = true;
  };
  return {
    begin(nextLog, nextLeaves) {
      [log, leaves, done, begun] = [nextLog, nextLeaves, 0, now()];
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
