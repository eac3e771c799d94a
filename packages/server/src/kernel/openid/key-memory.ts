/** Keeps one issuer's keys and the outcome of the last fetch. One fetch runs at a time, and all waiters share it. */
import { createLocalJWKSet } from 'jose';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { Published } from './provider.ts';

export interface KeyMemoryOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Resolves with what the issuer publishes now. */
  readonly fetch: () => Promise<Published>;
}

export interface KeyMemory {
  /** The keys of the last fetch that succeeded, and when that began, in milliseconds. */
  readonly known: { readonly lookup: ReturnType<typeof createLocalJWKSet>; readonly at: number } | undefined;
  /** The time at which the last fetch failed; undefined when it succeeded. */
  readonly failedAt: number | undefined;
  readonly pending: Promise<void> | undefined;
  /** The number of fetches that have begun. */
  readonly begun: number;
  /** The number of the last fetch that has ended. */
  readonly ended: number;
  /** Begins a fetch unless one is under way. Resolves when it has ended, well or not. */
  refresh(): Promise<void>;
}

/** Fetches nothing until `refresh` is called. */
export function createKeyMemory(issuer: string, { clock, logger, fetch }: KeyMemoryOptions): KeyMemory {
  let ids: string | undefined;
  const memory: { -readonly [Field in keyof KeyMemory]: KeyMemory[Field] } = {
    known: undefined,
    failedAt: undefined,
    pending: undefined,
    begun: 0,
    ended: 0,
    refresh() {
      memory.pending ??= load();
      return memory.pending;
    },
  };

  function learn({ keys, secrets }: Published, at: number): void {
    const found = keys.keys.map(({ kid }) => (typeof kid === 'string' ? kid : 'without id')).join(' ');
    if (found !== ids) logger.info({ issuer, kids: found }, 'signing keys of the identity provider');
    if (secrets > 0) logger.warn({ issuer, secrets }, 'identity provider publishes private keys: they are ignored');
    ids = found;
    memory.known = { lookup: createLocalJWKSet(keys), at };
    memory.failedAt = undefined;
  }

  async function load(): Promise<void> {
    memory.begun += 1;
    const at = clock().getTime();
    try {
      learn(await fetch(), at);
    } catch (error) {
      memory.failedAt = clock().getTime();
      logger.warn({ issuer, err: error }, 'identity provider not reachable');
    } finally {
      memory.ended = memory.begun;
      memory.pending = undefined;
    }
  }

  return memory;
}
