/** Where a watcher is in the history of a project: what it was told, what it missed, and what is to be told next. */
import { cursorOf } from '../cursor.ts';
import type { Place, ProjectTail, TailedChange } from '../store/port.ts';
import type { Told } from './told.ts';

/** Everything that the store had answered until so long after the beginning is in the revisions up to this one. */
export interface Settled {
  readonly revision: number;
  readonly elapsedMs: number;
}

export interface Watching {
  readonly place: Place;
  readonly tail: ProjectTail;
  /** Only keys that begin with it are told. */
  readonly prefix: string;
  /** The epoch of the numbers below. */
  epoch: string;
  /** Every change up to here was told, or is of another key. */
  position: number;
  /** The revision of the last id that was told; null: there was none. */
  idTold: number | null;
  /** What `alive` has to wait for: the first one that was not told yet, and the last one. */
  due: Settled | null;
  dueLater: Settled | null;
  /** The watcher has to hear that the store cannot be asked. */
  isDown: boolean;
  /** Nothing is told until it is known whether the watcher may hear it. */
  isMuted: boolean;
}

/** One page in memory at most is all that a watcher costs. */
const PAGE_BYTES = 65_536;

/** Returns what comes next; null: nothing has happened. */
export function nextOf(watching: Watching): Promise<readonly Told[]> | null {
  const { tail, epoch, position } = watching;
  if (watching.isMuted) return null;
  if (tail.epoch !== epoch || position > tail.latest()) return Promise.resolve([beginAnew(watching)]);
  const settled = takeDue(watching);
  if (settled !== null) return Promise.resolve([aliveAt(watching, settled)]);
  if (watching.isDown) {
    watching.isDown = false;
    return Promise.resolve([{ kind: 'down' }]);
  }
  return position < tail.latest() ? nextPage(watching) : null;
}

/** Notes that the store has answered. */
export function noteSettled(watching: Watching, settled: Settled): void {
  watching.isDown = false;
  // The first one stays: a watcher that is always a little behind has to hear of one of them.
  if (watching.due === null) watching.due = settled;
  else watching.dueLater = settled;
}

/** Notes that the store cannot be asked. */
export function noteDown(watching: Watching): void {
  Object.assign(watching, { isDown: true, due: null, dueLater: null });
}

/** Goes on from the present. The watcher has to read the project. */
export function beginAnew(watching: Watching): Told {
  const { tail } = watching;
  const position = tail.latest();
  Object.assign(watching, { epoch: tail.epoch, position, idTold: position, due: null, dueLater: null });
  return { kind: 'reset', id: idAt(watching, position) };
}

function takeDue(watching: Watching): Settled | null {
  const { due, dueLater, position } = watching;
  if (due === null || position < due.revision) return null;
  const isLater = dueLater !== null && position >= dueLater.revision;
  Object.assign(watching, { due: isLater ? null : dueLater, dueLater: null });
  return isLater ? dueLater : due;
}

/** Carries an id where changes of other keys, or none yet, were told: then coming back is cheap. */
function aliveAt(watching: Watching, { elapsedMs }: Settled): Told {
  const { position, idTold } = watching;
  watching.idTold = position;
  return { kind: 'alive', elapsedMs, id: idTold === position ? null : idAt(watching, position) };
}

async function nextPage(watching: Watching): Promise<readonly Told[]> {
  const { tail, epoch, position } = watching;
  const latest = tail.latest();
  const changes = await tail.changesAfter(position, PAGE_BYTES);
  if (watching.isMuted || tail.epoch !== epoch) return [];
  if (changes === undefined) return [beginAnew(watching)];
  watching.position = changes.at(-1)?.revision ?? latest;
  return tell(watching, changes);
}

/** A page has whole revisions; of each, the last change that is told carries the id. */
function tell(watching: Watching, changes: readonly TailedChange[]): readonly Told[] {
  const wanted = changes.filter(({ key }) => key.startsWith(watching.prefix));
  watching.idTold = wanted.at(-1)?.revision ?? watching.idTold;
  return wanted.map((change, index) => {
    const isLast = wanted[index + 1]?.revision !== change.revision;
    return { kind: 'change', change, id: isLast ? idAt(watching, change.revision) : null };
  });
}

function idAt({ place, epoch }: Watching, revision: number): string {
  return cursorOf(place, { epoch, revision });
}
