/** Cursor or time → the state of a project that it names. */
import { configPages } from '@tenant-registry/db';
import type { ActorContext } from '../../../kernel/context.ts';
import { DomainError, kernelErrors } from '../../../kernel/errors.ts';
import { type State, stateOf } from '../cursor.ts';
import { configErrors } from '../errors.ts';
import { cursorForm } from '../schema.ts';
import { knownEpoch } from '../store/pages.ts';
import type { Place } from '../store/port.ts';

export interface Moment extends State {
  /** It was named by a time, which the database alone knows. */
  readonly byTime: boolean;
}

export interface AskedMoment {
  /** A cursor, or a time in UTC; absent: now. */
  readonly moment: string | undefined;
  /** The field of the input that names it. */
  readonly pointer: string;
  /** The database is asked for the state: where another store is ahead of it, now is the newest state that it has. */
  readonly inDatabase?: boolean;
}

/**
 * Returns the state. Throws `config_state_unknown` for a cursor of another project, of another epoch, or of a state that the
 * project has not reached.
 */
export async function momentOf(ctx: ActorContext, place: Place, asked: AskedMoment): Promise<Moment> {
  const { configStore, db } = ctx;
  const { moment, pointer, inDatabase } = asked;
  const isTime = moment === undefined ? inDatabase : !cursorForm.test(moment);
  if (isTime) {
    const at = moment ?? ctx.clock().toISOString();
    const { project_id } = place;
    const found = await configPages.findConfigMoment(db, { project_id, at, kind: configStore.kind });
    const revision = moment === undefined ? found.head : found.revision;
    return { epoch: knownEpoch(found.epoch), revision, byTime: true };
  }
  const head = await configStore.head(ctx, place);
  const state = moment === undefined ? head : stateOf(place, moment, head);
  if (state === undefined) throw unknownState([pointer]);
  return { ...state, byTime: false };
}

/** The error of a state that cannot be read, at the fields that may name it. */
function unknownState(pointers: readonly string[]) {
  const message = 'names no state of this project that is kept';
  return configErrors.stateUnknown({ errors: pointers.map((pointer) => ({ pointer, message, in: 'query' })) });
}

/**
 * Runs the reading of states that these fields of the input named. Throws `config_state_unknown` where the reading throws
 * `invalid_cursor`; for a page whose cursor names the state there are no fields, and `invalid_cursor` stays.
 */
export async function readingStates<T>(pointers: readonly string[], read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const { code } = kernelErrors.invalidCursor.definition;
    const isUnknown = error instanceof DomainError && error.definition.code === code;
    throw isUnknown && pointers.length > 0 ? unknownState(pointers) : error;
  }
}
