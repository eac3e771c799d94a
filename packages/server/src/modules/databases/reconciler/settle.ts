/** The end of a pass: what came of it is written in one transaction, while the lease is the pass's own. */
import { databaseWork } from '@tenant-registry/db';
import type { z } from 'zod';
import type { Dependencies } from '../../../kernel/context.ts';
import { systemContext } from '../../../kernel/system-context.ts';
import { transact } from '../../../kernel/transact.ts';
import { databaseEvents } from '../schema.ts';
import { type Decision, decide, type Pass } from './decide.ts';

export const RECONCILER = 'databases-reconcile';

type Payload = z.input<(typeof databaseEvents)['updated']['payload']>;

/** Writes and records what the pass changes, and returns it; undefined, and nothing is written, when the lease is lost. */
export function settle(
  deps: Dependencies,
  claimed: databaseWork.ClaimedDatabase,
  pass: Omit<Pass, 'worked'>,
): Promise<Decision | undefined> {
  return transact(systemContext(deps, { name: RECONCILER }), async (tx, record, nothingChanged) => {
    const row = await databaseWork.lockLeasedDatabase(tx, claimed);
    if (row === undefined) {
      nothingChanged();
      return undefined;
    }
    const decision = decide(row, { ...pass, worked: claimed });
    const changed = await databaseWork.updateSettled(tx, row.id, decision);
    const after = { ...row, ...changed } as unknown as Payload; // its shape is checked when the event is made
    for (const { event, ...said } of decision.events) await record(databaseEvents[event], { ...after, ...said });
    if (decision.events.length === 0) nothingChanged();
    return decision;
  });
}
