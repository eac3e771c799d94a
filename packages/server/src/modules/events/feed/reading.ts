/** Where a listener is in the log: what it was told, what it missed, and the next page of that. */
import { type Db, eventLog } from '@tenant-registry/db';
import { toEvent } from '../event.ts';
import type { Event } from '../schema.ts';
import { sizeOf, type Told } from './followed.ts';
import type { Entry, LogTail } from './log-tail.ts';

export interface Mark {
  readonly id: string;
  readonly position: number;
}

export interface Reading {
  /** Sees what the listener may see. */
  readonly db: Db;
  readonly scope: eventLog.EventScope;
  readonly wants: (type: string) => boolean;
  /** Everything up to here was given to it, or is not for it. */
  position: number;
  /** Its position is that of the tail, so each new event is sent to it. */
  isLive: boolean;
  /** The position of the last id that it was told. */
  told: number;
  /** The newest event of its scope that is known, of whatever type; null: there is none. */
  newest: Mark | null;
}

/** One page in memory at most is all that a listener costs while it catches up. */
const PAGE = { limit: 200, bytesMax: 65_536 };
/** Positions that one statement looks at, where it has to pass over events of other types or projects. */
const POSITIONS_MAX = 20_000;

/** Returns the next items that the listener missed. It is live when there are no more. */
export async function nextPage(reading: Reading, tail: LogTail): Promise<readonly Told[]> {
  const kept = tail.since(reading.position);
  return kept === undefined ? pageOfTable(reading, tail.latest()) : pageOfTail(reading, kept);
}

/** Tells whether the event is in the scope of the listener: the application's half of isolation. */
function isInScope({ scope: { tenant_id, project_id } }: Reading, event: Event): boolean {
  if (tenant_id !== undefined && event.tenant_id !== tenant_id) return false;
  return project_id === undefined || event.project_id === project_id;
}

/** Returns the id from which the listener may begin next time, when that is not the one of the last event that it got. */
export function checkpointOf(reading: Reading): Told | undefined {
  const { newest, told } = reading;
  if (newest === null || newest.position <= told) return undefined;
  return { kind: 'checkpoint', id: newest.id };
}

/** Notes what the listener is about to be told of an event, or undefined when it is none of its. */
export function pass(reading: Reading, { position, event }: Entry): Told | undefined {
  reading.position = position;
  if (!isInScope(reading, event)) return undefined;
  reading.newest = { id: event.id, position };
  if (!reading.wants(event.type)) return undefined;
  reading.told = position;
  return { kind: 'event', event };
}

function pageOfTail(reading: Reading, kept: readonly Entry[]): readonly Told[] {
  const page: Told[] = [];
  let bytes = 0;
  for (const entry of kept) {
    const told = pass(reading, entry);
    if (told === undefined) continue;
    page.push(told);
    bytes += sizeOf(told);
    if (bytes >= PAGE.bytesMax && entry !== kept.at(-1)) return page;
  }
  reading.isLive = true;
  const checkpoint = checkpointOf(reading);
  if (checkpoint === undefined) return page;
  reading.told = reading.newest?.position ?? reading.told;
  return [...page, checkpoint];
}

/** Whether most events may be none of the listener's. Those of one tenant are found without passing over others. */
function passesOver({ tenant_id, project_id, types }: eventLog.EventScope): boolean {
  if (project_id !== undefined) return true;
  return types !== undefined && !(tenant_id !== undefined && types.includes('*'));
}

/** The log is read up to the tail at the most: what is at the tail is there when the statement begins. */
async function pageOfTable(reading: Reading, end: number): Promise<readonly Told[]> {
  const { db, scope, position } = reading;
  const until = passesOver(scope) ? Math.min(end, position + POSITIONS_MAX) : end;
  const { rows, more } = await eventLog.listEventsWithin(db, scope, { after: position, until, ...PAGE });
  const last = rows.at(-1);
  reading.told = last?.position ?? reading.told;
  reading.position = more && last !== undefined ? last.position : until;
  return rows.map((row) => ({ kind: 'event', event: toEvent(row) }));
}
