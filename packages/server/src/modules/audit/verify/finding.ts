/** What a check finds. No value of a row stands in it, since reports leave the house. */

/** What is wrong. */
export type FindingKind =
  | 'changed'
  | 'gone'
  | 'swapped'
  | 'added'
  | 'waiting'
  | 'restored'
  | 'guard'
  | 'anchor'
  | 'unreadable'
  | 'blanked'
  | 'pruned'
  | 'leaf'
  | 'tile'
  | 'checkpoint'
  | 'root'
  | 'signature'
  | 'record'
  | 'log'
  | 'cut'
  | 'backdated'
  | 'unsigned';

export interface Finding {
  readonly kind: FindingKind;
  /** A notice or a warning proves no tampering. */
  readonly severity: 'finding' | 'notice' | 'warning';
  /** Null: it is of no log. */
  readonly log: string | null;
  readonly index?: number;
  readonly event_id?: string | null;
  /** The parts that are not as they were. */
  readonly in?: readonly string[];
  readonly level?: number;
  readonly tile?: number;
  readonly size?: number;
  /** The other leaf of a swap. */
  readonly other?: number;
  /** One sentence for people. */
  readonly text: string;
}

export type Report = (finding: Finding) => void;

/** Returns the line that people read. */
export function lineOf({ kind, severity, log, index, event_id, level, tile, size, text }: Finding): string {
  const where = [
    log === null ? null : `log ${log}`,
    index === undefined ? null : `leaf ${index}`,
    tile === undefined ? null : `tile ${level}/${tile}`,
    size === undefined ? null : `size ${size}`,
    event_id === undefined || event_id === null ? null : `event ${event_id}`,
  ].filter((part) => part !== null);
  const mark = severity === 'finding' ? kind.toUpperCase() : `${severity} ${kind}`;
  return [`${mark}:`, `${where.join(', ')}${where.length > 0 ? ':' : ''}`, text]
    .filter((part) => part !== '')
    .join(' ');
}
