/**
 * Writes that are asked for while others of the same reach are being made are made together, at the cost of little more than
 * one of them. Each ends as if it had been made alone.
 */
import type { Db } from '@tenant-registry/db';
import type { BatchBounds } from '../../../kernel/async/batches.ts';
import { batchedByReach } from '../../../kernel/batch-by-reach.ts';
import type { ActorContext } from '../../../kernel/context.ts';
import { tooLate } from '../../../kernel/errors.ts';
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

/** Ends an attempt in which some could not be made, so that none was. */
export class Outdated extends Error {
  /** Of each write whose base is not current any more: a key of which that is so. */
  readonly keys: ReadonlyMap<Wish, string>;
  /** What something else keeps from being made beside others. */
  readonly apart: readonly Wish[];

  constructor(keys: ReadonlyMap<Wish, string>, apart: readonly Wish[] = []) {
    super('keys have changed meanwhile');
    this.keys = keys;
    this.apart = apart;
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

/**
 * Makes the writes in as few attempts as may be. Those that have to be made alone are still under way when it resolves: one
 * after another, but no tenant's behind another's, which may have to wait. One whose caller has another answer is not tried.
 */
async function commitAll(
  options: TogetherOptions,
  db: Db,
  wishes: readonly Wish[],
): Promise<(() => Promise<Outcome>)[]> {
  const ends = new Map<Wish, Promise<Outcome>>();
  const before = new Map<string, Promise<unknown>>();
  const alone = async (wish: Wish) => {
    if (isLate(wish)) throw tooLate();
    return orConflict(wish, options.commitAlone(db, wish));
  };
  const aloneInTurn = (wish: Wish) => {
    const { tenant_id } = wish.place;
    const end = (before.get(tenant_id) ?? Promise.resolve()).then(() => alone(wish));
    before.set(
      tenant_id,
      end.catch(() => {}),
    );
    return end;
  };
  const open = () => {
    const left = wishes.filter((wish) => !ends.has(wish));
    for (const wish of left.filter(isLate)) ends.set(wish, kept(Promise.reject(tooLate())));
    return left.filter((wish) => !ends.has(wish));
  };
  for (let [first, ...others] = open(); first !== undefined; [first, ...others] = open())
    for (const [wish, end] of await attempt(options, db, [first, ...others]))
      ends.set(wish, kept(end === 'alone' ? aloneInTurn(wish) : end));
  return wishes.map((wish) => () => ends.get(wish) ?? Promise.reject(new Error('each write has an end')));
}

function isLate({ ctx: { deadline } }: Wish): boolean {
  return deadline.leftMs() === 0;
}

/** A failure that nobody has asked for yet is no unhandled one. */
function kept(end: Promise<Outcome>): Promise<Outcome> {
  end.catch(() => {});
  return end;
}

/** Returns how those ended that have an end by this: all of them, or those that kept the others from being made. */
async function attempt(
  { commitTogether, isShared }: TogetherOptions,
  db: Db,
  wishes: Wishes,
): Promise<(readonly [Wish, Promise<Outcome> | 'alone'])[]> {
  try {
    const outcomes = await commitTogether(db, wishes);
    return wishes.map((wish, n) => [wish, endOf(outcomes[n] ?? 'alone')]);
  } catch (error) {
    if (error instanceof Outdated) {
      const conflict = async (key: string): Promise<Outcome> => ({ outcome: 'conflict', key });
      const late = [...error.keys].map(([wish, key]) => [wish, conflict(key)] as const);
      return [...late, ...error.apart.map((wish) => [wish, 'alone'] as const)];
    }
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
