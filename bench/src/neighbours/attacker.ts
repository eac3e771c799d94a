/** The attacker, in a process of its own, so that its work does not delay the victim's measurement. It ends with the bench. */
import type { Assault } from './assault.ts';
import { attacks } from './attacks.ts';
import { createHand, type Hand } from './hand.ts';
import type { Order, Report } from './orders.ts';

let prepared: { readonly hand: Hand; readonly assault: Assault } | undefined;
let running: { readonly stop: AbortController; readonly ended: Promise<unknown> } | undefined;

process.on('disconnect', () => process.exit());
process.on('message', (order: Order) => {
  obey(order).catch((error: unknown) =>
    tell({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});

async function obey(order: Order): Promise<void> {
  switch (order.kind) {
    case 'prepare': {
      const hand = createHand(order.target);
      const assault = await attacks[order.target.attack].prepare(hand);
      prepared = { hand, assault };
      return tell({ kind: 'prepared', note: assault.note });
    }
    case 'attack': {
      if (prepared === undefined) throw new Error('nothing is prepared');
      const { assault } = prepared;
      const stop = new AbortController();
      const workers = Array.from({ length: assault.workers }, (_, n) => repeat(assault, n, stop.signal));
      running = { stop, ended: Promise.all(workers) };
      return;
    }
    case 'stop':
      running?.stop.abort();
      await running?.ended;
      return tell({ kind: 'stopped', tally: prepared?.hand.tally() ?? {} });
    default:
      return order satisfies never;
  }
}

async function repeat({ act }: Assault, n: number, signal: AbortSignal): Promise<void> {
  for (let round = 0; !signal.aborted; round += 1) await act(n, round, signal);
}

function tell(report: Report): void {
  process.send?.(report);
}
