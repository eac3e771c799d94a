/** The state of a replica's lease: its id, its validity, and the duty to forget when it is lost. No I/O. */

import type { Logger } from '../logger.ts';
import type { LeaseValidity, Moment } from './validity.ts';

export interface LeaseStateOptions {
  readonly validity: LeaseValidity;
  /** Tenants, or null for everything. */
  readonly forget: (tenantIds: readonly string[] | null) => void;
  readonly logger: Logger;
  readonly observer?: LeaseObserver | undefined;
}

/** Counts what happens to the lease. */
export interface LeaseObserver {
  renewed(): void;
  lost(): void;
  /** A change that this replica made was waited for. */
  settled(seconds: number): void;
}

export interface LeaseState {
  /** Null: there is none, and nothing may be remembered. */
  id(): string | null;
  /** Changes when the lease is lost: an answer to what was asked before counts no longer. */
  epoch(): number;
  /** There is a new lease since a moment after `asked`; nothing that was read before may be remembered under it. */
  acquired(id: string, asked: Moment): void;
  /** All that was marked up to `asked` is forgotten, and acknowledged. */
  renewed(asked: Moment): void;
  /**
   * It cannot be renewed now. When it has run out, it is not believed in until it is renewed. What is remembered stays: until
   * then it is not answered from.
   */
  unrenewed(reason: string): void;
  lose(reason: string): void;
}

/** Makes one without a lease. It logs when answers from memory become possible, and when they no longer are and why. */
export function createLeaseState({ validity, forget, logger, observer }: LeaseStateOptions): LeaseState {
  let lease: string | null = null;
  let epoch = 0;
  let announced = false;

  function suspend(reason: string): void {
    validity.end();
    if (announced) {
      observer?.lost();
      logger.warn({ lease, reason }, 'authority lease lost');
    }
    announced = false;
  }

  function renewed(asked: Moment): void {
    if (announced && !validity.holds()) suspend('it was renewed too late');
    validity.extend(asked);
    observer?.renewed();
    if (announced || !validity.holds()) return;
    announced = true;
    logger.info({ lease }, 'authority lease acquired');
  }

  return {
    id: () => lease,
    epoch: () => epoch,
    acquired(id, asked) {
      lease = id;
      forget(null);
      renewed(asked);
    },
    renewed,
    unrenewed(reason) {
      if (announced && !validity.holds()) suspend(reason);
    },
    lose(reason) {
      suspend(reason);
      lease = null;
      epoch += 1;
      forget(null);
    },
  };
}
