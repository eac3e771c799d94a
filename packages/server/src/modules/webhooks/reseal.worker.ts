/** Seals secrets again that are under an older key, so that the key can be removed. */
import { type Tx, webhooks } from '@tenant-registry/db';
import type { Logger } from '../../kernel/logger.ts';
import type { Sealer } from '../../kernel/sealed.ts';
import { bookkeep } from '../../kernel/transact.ts';
import type { Worker } from '../../kernel/worker.ts';
import { PURPOSE } from './secrets.ts';

const BATCH = 100;

export const resealWorker: Worker = {
  name: 'webhooks-reseal',
  idleMs: 60_000,
  async runOnce({ db, sealed, logger }, signal) {
    const sealer = sealed(PURPOSE);
    let after: string | undefined;
    // A batch in which nothing can be opened must not hide those behind it.
    for (;;) {
      const { done, last } = await bookkeep(db, (tx) => resealAfter(tx, after, { sealer, logger }));
      if (done > 0 || last === undefined || signal.aborted) return done;
      after = last;
    }
  },
};

interface Resealing {
  readonly sealer: Sealer;
  readonly logger: Logger;
}

/** Locked rows are another process's: whoever has a row seals it once, and the others pass over it. */
async function resealAfter(tx: Tx, after: string | undefined, { sealer, logger }: Resealing) {
  const [, ...older] = sealer.keyIds;
  const rows = older.length === 0 ? [] : await webhooks.claimSecretsUnder(tx, older, { after, limit: BATCH });
  let done = 0;
  for (const { id, sealed } of rows) {
    const text = await sealer.open(sealed, id).catch((err: unknown) => {
      logger.error({ err, webhook_secret: id }, 'a secret cannot be opened, so it stays under its key');
    });
    if (text === undefined) continue;
    await webhooks.updateSealed(tx, id, await sealer.seal(text, id));
    done += 1;
  }
  return { done, last: rows.at(-1)?.id };
}
