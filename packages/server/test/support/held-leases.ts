/** A lease in the hands of a test. */
import type { Leases } from '../../src/kernel/leases.ts';

export interface HeldLeases extends Leases {
  /** Whether the lease is held from now on. */
  hold(held: boolean): void;
  /** Acts like a change of another replica; null: everything is to be forgotten. */
  change(tenantIds: readonly string[] | null): void;
}

/** Held from the start; a change that this process makes is known here at once, as if it were alone. */
export function heldLeases(): HeldLeases {
  let [held, generation] = [true, 0];
  const listeners = new Set<(tenantIds: readonly string[] | null) => void>();
  const change = (tenantIds: readonly string[] | null) => {
    generation += 1;
    for (const listener of listeners) listener(tenantIds);
  };
  return {
    hold(next) {
      held = next;
    },
    change,
    held: () => held,
    generation: () => generation,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    mark: async () => [],
    settle: async (tenantIds) => change(tenantIds),
    settled: async () => {},
    start: async () => {},
    stop: async () => {},
  };
}
