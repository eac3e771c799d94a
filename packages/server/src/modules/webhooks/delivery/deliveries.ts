/** Delivers: claims endpoints for the places that are free, and runs their turns beside each other. */
import { type Db, webhookQueue } from '@tenant-registry/db';
import type { Logger } from '../../../kernel/logger.ts';
import type { Signals } from '../../../kernel/signals.ts';
import { bookkeep } from '../../../kernel/transact.ts';
import type { WebhookAttempts } from './attempt.ts';
import type { LaneName, Lanes } from './lanes.ts';
import type { DeliveryMetrics } from './metrics.ts';
import { runTurn, type SecretsOf, TURN, type TurnLimits, type TurnParts } from './turn.ts';

/** Endpoints that one statement claims. */
const CLAIMED_MAX = 64;

export interface Deliveries {
  /** Claims endpoints that are due and starts their turns, without waiting for their end; returns how many. */
  claim(disable: TurnParts['disable']): Promise<number>;
  /** Keeps the ages of the oldest deliveries for the metrics. */
  readonly metrics: DeliveryMetrics;
  /** Resolves when no turn is under way. */
  idle(): Promise<void>;
  /** Ends the attempts under way and resolves when every lease was given back. Nothing is claimed after it. */
  close(): Promise<void>;
}

export interface DeliveriesOptions {
  readonly db: Db;
  readonly logger: Logger;
  readonly signals: Signals;
  readonly attempts: WebhookAttempts;
  readonly secretsOf: SecretsOf;
  readonly lanes: Lanes;
  readonly metrics: DeliveryMetrics;
  readonly limits?: TurnLimits;
}

/** Makes the deliveries of one process. */
export function createDeliveries({ signals, limits = TURN, ...parts }: DeliveriesOptions): Deliveries {
  const { db, lanes, metrics } = parts;
  const turns = new Set<Promise<void>>();
  const ending = new AbortController();
  async function run(turn: Promise<void>): Promise<void> {
    await turn;
    // Its place is free, and it may have something due already.
    signals.tell('deliverable');
  }
  async function claimFor(lane: LaneName, disable: TurnParts['disable']): Promise<number> {
    const release = lanes.hold(lane);
    try {
      const limit = Math.min(CLAIMED_MAX, lanes.room(lane));
      if (limit === 0 || ending.signal.aborted) return 0;
      const claim = { lane, limit, tenantMax: lanes.tenantMax(lane), taken: lanes.taken(lane) };
      const claimed = await bookkeep(db, (tx) => webhookQueue.claimEndpoints(tx, claim));
      for (const endpoint of claimed) {
        const place = lanes.admit(lane, endpoint.tenant_id);
        const turn = run(runTurn({ ...parts, limits, disable }, { claimed: endpoint, place, signal: ending.signal }));
        turns.add(turn);
        void turn.finally(() => turns.delete(turn));
      }
      return claimed.length;
    } finally {
      release();
    }
  }
  async function idle(): Promise<void> {
    while (turns.size > 0) await Promise.all(turns);
  }
  return {
    metrics,
    idle,
    claim: async (disable) => (await claimFor('fast', disable)) + (await claimFor('slow', disable)),
    async close() {
      ending.abort();
      await idle();
    },
  };
}
