/**
 * Remembers the authority of presented secrets while this replica holds a lease: no caller was then told of a change that
 * is unknown here. Without the lease nothing is answered from memory.
 */

import type { Leases } from '../leases.ts';
import { createLru } from '../lru.ts';
import { createKeyedDigest } from '../secrets/keyed-digest.ts';

/** Changes made by hand, past the registry, are seen after this at the latest. */
const AGE_MAX_MS = 60_000;

export interface AuthorityMemory<Facts> {
  /** Returns what is remembered of the secret, if it may be answered from at this instant. Costs no I/O. */
  recall(secret: string): Facts | undefined;
  /**
   * Asks for the facts, once for all concurrent questions about one secret while nothing changes, and remembers them if
   * they still hold. Null means that the secret is unknown, and is not remembered.
   */
  fetch(secret: string, ask: () => Promise<Facts | null>): Promise<Facts | null>;
}

/** All that is remembered of one tenant: one stroke makes it invalid. */
interface Cell {
  valid: boolean;
  entries: number;
}

interface Entry<Facts> {
  readonly facts: Facts;
  readonly tenantId: string;
  readonly cell: Cell;
  readonly until: number;
}

interface Flight<Facts> {
  /** The generation of the leases when it began. */
  readonly generation: number;
  readonly held: boolean;
  readonly answer: Promise<Facts | null>;
}

/** Makes a memory of at most `entriesMax` secrets, which it knows by digests under a key of this process. */
export function createAuthorityMemory<Facts extends { readonly tenant_id: string }>(
  leases: Pick<Leases, 'held' | 'generation' | 'onChange'>,
  entriesMax: number,
): AuthorityMemory<Facts> {
  const digestOf = createKeyedDigest();
  const { cellOf, release, forget } = createCells();
  const entries = createLru<Entry<Facts>>(entriesMax, ({ tenantId, cell }) => release(tenantId, cell));
  const flights = new Map<string, Flight<Facts>>();
  leases.onChange(forget);

  function remember(digest: string, facts: Facts): void {
    const tenantId = facts.tenant_id;
    entries.set(digest, { facts, tenantId, cell: cellOf(tenantId), until: performance.now() + AGE_MAX_MS });
  }

  function fly(digest: string, ask: () => Promise<Facts | null>): Flight<Facts> {
    const [generation, held] = [leases.generation(), leases.held()];
    const answer = ask().then((facts) => {
      // A read from before a change may be older than it; without a lease, older than a change that was not told here.
      if (facts !== null && held && leases.generation() === generation) remember(digest, facts);
      return facts;
    });
    return { generation, held, answer };
  }

  return {
    recall(secret) {
      if (!leases.held()) return undefined;
      const entry = entries.get(digestOf(secret));
      return entry?.cell.valid && performance.now() < entry.until ? entry.facts : undefined;
    },
    async fetch(secret, ask) {
      const digest = digestOf(secret);
      const underway = flights.get(digest);
      // A question asked after a change was answered must not be served by a read that began before the change.
      const joinable = underway?.held && underway.generation === leases.generation() && leases.held();
      if (joinable) return underway.answer;
      const flight = fly(digest, ask);
      flights.set(digest, flight);
      try {
        return await flight.answer;
      } finally {
        if (flights.get(digest) === flight) flights.delete(digest);
      }
    },
  };
}

/** One cell for each tenant of which something is remembered. */
function createCells() {
  const cells = new Map<string, Cell>();
  const invalidate = (tenantId: string, cell: Cell | undefined): void => {
    if (cell === undefined) return;
    cell.valid = false;
    cells.delete(tenantId);
  };
  return {
    cellOf(tenantId: string): Cell {
      const cell = cells.get(tenantId) ?? { valid: true, entries: 0 };
      cell.entries += 1;
      cells.set(tenantId, cell);
      return cell;
    },
    release(tenantId: string, cell: Cell): void {
      cell.entries -= 1;
      if (cell.entries === 0 && cells.get(tenantId) === cell) cells.delete(tenantId);
    },
    forget(tenantIds: readonly string[] | null): void {
      for (const tenantId of tenantIds ?? [...cells.keys()]) invalidate(tenantId, cells.get(tenantId));
    },
  };
}
