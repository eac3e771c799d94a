/**
 * Writes that are asked for while others of the same reach are being made are made together, at the cost of little more than
 * one of them. Each ends as if it had been made alone.
 */
import type { Db } from '@tenant-registry/db';
import type { BatchBounds } from '../../../kernel/async/batches.ts';
import { batchedByReach } from '../../../kernel/batch-by-reach.ts';
import type { ActorContext } from '../../../kernel/context.ts';
import type { Outcome, Place, Write } from './port.ts';
import { type Growth, measured, totalOf } from './recorded.ts';

/** One request's write. */
export interface Wish {
  readonly ctx: ActorContext;
  readonly place: Place;
  readonly write: Write;
  /** Of each change. */
  readonly growths: readonly Growth[];
  /** Of all changes. */
  readonly growth: Growth;
  /** The bytes of content that all changes write. */
  readonly written: number;
}

export type Wishes = readonly [Wish, ...Wish[]];

/** What became of one of several writes: made, or to be made alone, or it cannot be made. */
export type Ended = Outcome | 'alone' | Refused;

export interface Refused {
  readonly outcome: 'refused';
  readonly reason: unknown;
}

/** Ends an attempt in which bases were not current any more: a key of each write of which that is so. */
export class Outdated extends Error {
  readonly keys: ReadonlyMap<Wish, string>;

  constructor(keys: ReadonlyMap<Wish, string>) {
    super('keys have changed meanwhile');
    this.keys = keys;
  }
}

export interface TogetherOptions extends BatchBounds<Wish> {
  /**
   * Makes the writes together, without waiting for what others hold. Throws `Outdated`, and the error of any of them, when
   * none was made.
   */
  readonly commitTogether: (db: Db, wishes: Wishes) => Promise<readonly Ended[]>;
  /** Makes the one write; it may wait. Throws like `commitTogether`. */
  readonly commitAlone: (db: Db, wish: Wish) => Promise<Outcome>;
  /** Tells whether every write would fail so. */
  readonly isShared: (error: unknown) => boolean;
}

/** Makes `commit` of a store. */
export function createTogether(
  options: TogetherOptions,
): (ctx: ActorContext, place: Place, write: Write) => Promise<Outcome> {
  const together = batchedByReach<Wish, () => Promise<Outcome>>({
    ...options,
    ask: (db, wishes) => commitAll(options, db, wishes),
  });
  return async (ctx, place, write) => {
    // Before the write, which holds others up.
    const sizes = write.changes.map(measured);
    const growths = sizes.map(({ growth }) => growth);
    const written = sizes.reduce((sum, each) => sum + each.written, 0);
    const ended = await together(ctx, { ctx, place, write, growths, growth: totalOf(growths), written });
    return ended();
  };
}

/** Makes the writes in as few attempts as may be. Those that have to be made alone are still under way when it resolves. */
async function commitAll(
  options: TogetherOptions,
  db: Db,
  wishes: readonly Wish[],
): Promise<(() => Promise<Outcome>)[]> {
  const ends = new Map<Wish, Promise<Outcome>>();
  let before: Promise<unknown> = Promise.resolve();
  const alone = (wish: Wish) => {
    const end = before.then(() => orConflict(wish, options.commitAlone(db, wish)));
    before = end.catch(() => {});
    return end;
  };
  let [first, ...others] = wishes;
  while (first !== undefined) {
    for (const [wish, end] of await attempt(options, db, [first, ...others]))
      ends.set(wish, kept(end === 'alone' ? alone(wish) : end));
    [first, ...others] = wishes.filter((wish) => !ends.has(wish));
  }
  return wishes.map((wish) => () => ends.get(wish) ?? Promise.reject(new Error('each write has an end')));
}

/** A failure that nobody has asked for yet is no unhandled one. */
function kept(end: Promise<Outcome>): Promise<Outcome> {
  end.catch(() => {});
  return end;
}

/** Returns how those ended that have an end by this: all of them, or those whose base is not current any more. */
async function attempt(
  { commitTogether, isShared }: TogetherOptions,
  db: Db,
  wishes: Wishes,
): Promise<(readonly [Wish, Promise<Outcome> | 'alone'])[]> {
  try {
    const outcomes = await commitTogether(db, wishes);
    return wishes.map((wish, n) => [wish, endOf(outcomes[n] ?? 'alone')]);
  } catch (error) {
    if (error instanceof Outdated)
      return [...error.keys].map(([wish, key]) => [wish, Promise.resolve({ outcome: 'conflict', key })]);
    // None fails for the sake of another.
    return wishes.map((wish) => [wish, isShared(error) ? kept(Promise.reject(error)) : 'alone']);
  }
}

function endOf(ended: Ended): Promise<Outcome> | 'alone' {
  if (ended === 'alone') return ended;
  return ended.outcome === 'refused' ? kept(Promise.reject(ended.reason)) : Promise.resolve(ended);
}

async function orConflict(wish: Wish, made: Promise<Outcome>): Promise<Outcome> {
  try {
    return await made;
  } catch (error) {
    const key = error instanceof Outdated ? error.keys.get(wish) : undefined;
    if (key === undefined) throw error;
    return { outcome: 'conflict', key };
  }
}
