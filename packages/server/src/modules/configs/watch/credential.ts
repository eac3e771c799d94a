/** Whether a watcher may still hear: asked at its beginning, at intervals, and when the authority of its tenant changes. */
import type { Listener } from '../../../kernel/feed.ts';
import type { Leases } from '../../../kernel/leases.ts';

export interface Checked {
  /** The tenants that the watcher depends on. */
  readonly tenantIds: readonly string[];
  /** Rejects when that cannot be known now. */
  readonly mayHear: () => Promise<boolean>;
  /** Nothing is told to it meanwhile. */
  isMuted: boolean;
  /** Its stream ends as soon as it is known why. */
  isEnding: boolean;
  isChecking: boolean;
  /** Since the last look, every change of authority was heard of here. */
  isSure: boolean;
  /** When it was looked at last, since it began. */
  checkedAtMs: number;
}

export interface CredentialCheck {
  /** A watcher that begins hears nothing before it was looked at: its credential may have ended while it was let in. */
  begin(listener: Hearing): void;
  /** Looks again when it is time to. When that cannot be known, the next beat asks again. */
  look(listener: Hearing): void;
  /** Ends the stream at once when the tenant is one of its own, and has it looked at soon when anything may have changed. */
  changed(listener: Hearing, tenantIds: readonly string[] | null): void;
}

type Hearing = Pick<Listener<never, Checked>, 'state' | 'elapsedMs' | 'end' | 'wake'>;

const INTERVAL_MS = { sure: 15_000, unsure: 5_000 };

/** Makes the check. Its watchers tell it of every beat. */
export function createCredentialCheck(leases: Pick<Leases, 'held'>): CredentialCheck {
  const check = async (listener: Hearing) => {
    const { state } = listener;
    if (state.isChecking) return;
    state.isChecking = true;
    state.isSure = leases.held();
    const mayHear = await state.mayHear().catch(() => null);
    state.isChecking = false;
    if (mayHear === false) listener.end('credential');
    if (mayHear === null) state.isSure = false;
    else state.checkedAtMs = listener.elapsedMs();
  };
  return {
    begin(listener) {
      void check(listener).then(() => {
        if (listener.state.isEnding) return;
        listener.state.isMuted = false;
        listener.wake();
      });
    },
    look(listener) {
      const { isSure, checkedAtMs } = listener.state;
      const age = listener.elapsedMs() - checkedAtMs;
      const isDue = age >= (isSure ? INTERVAL_MS.sure : INTERVAL_MS.unsure) || (!isSure && leases.held());
      if (isDue) void check(listener);
    },
    changed(listener, tenantIds) {
      const { state } = listener;
      if (tenantIds === null) {
        state.isSure = false;
        return;
      }
      if (!state.tenantIds.some((id) => tenantIds.includes(id))) return;
      if (state.isEnding) return;
      Object.assign(state, { isEnding: true, isMuted: true });
      const ended = (mayHear: boolean) => listener.end(mayHear ? 'authority' : 'credential');
      void state.mayHear().then(ended, () => ended(true));
    },
  };
}
