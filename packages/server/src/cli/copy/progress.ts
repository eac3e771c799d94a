/** Says on standard error how far a copy is. */
import type { CopyProgress } from '@tenant-registry/db/copy';

const EVERY_MS = 2_000;

export function progressOfRows(): CopyProgress {
  let [table, rows, done, said] = ['', 0, 0, performance.now()];
  return {
    begin(nextTable, nextRows) {
      [table, rows, done] = [nextTable, nextRows, 0];
    },
    done(more) {
      done += more;
      if (performance.now() - said < EVERY_MS) return;
      said = performance.now();
      process.stderr.write(`${table}: ${done} of ${rows} rows\n`);
    },
    end() {},
  };
}
