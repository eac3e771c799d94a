/**
 * The mark on what is ours: the comment of a role, which only an administrator of the role can change. That of the owner
 * also says what the last complete pass left behind, so that a wish that changed is told from a world that did.
 */
import { createHash } from 'node:crypto';
import type { Desired, Slot, Want } from '../types.ts';

const KEY = 'tenant-registry';

export interface Mark {
  readonly database: string;
  readonly namespace: string;
  /** Absent on a login. */
  readonly left?: Left;
}

export interface Left {
  readonly want: Want | null;
  /** The login that was proved and that `credentials` names. */
  readonly login: Slot | null;
  readonly other: 'open' | 'closed' | null;
  /** Stands for the settings that were wanted. */
  readonly applied: string | null;
  /** The parameters that are set because they were wanted. */
  readonly parameters: readonly string[];
}

export const nothingLeft: Left = { want: null, login: null, other: null, applied: null, parameters: [] };

/** Returns the beginning of every mark of the installation. */
export function markStart(installation: string): string {
  return `{${JSON.stringify(KEY)}:${JSON.stringify(installation)},`;
}

/** Returns the mark as the text of a comment. */
export function writeMark(installation: string, { database, namespace, left }: Mark): string {
  return JSON.stringify({ [KEY]: installation, database, namespace, ...(left && { left }) });
}

/** Reads a comment; undefined when it is no mark of the installation. */
export function readMark(installation: string, comment: string | null): Mark | undefined {
  if (comment === null || !comment.startsWith(markStart(installation))) return undefined;
  try {
    return JSON.parse(comment);
  } catch {
    return undefined;
  }
}

/** Returns what stands for the settings that are wanted. */
export function settingsOf({ parameters, connections, extensions }: Desired['spec']): string {
  const text = JSON.stringify([Object.entries(parameters).sort(), connections, [...extensions].sort()]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}
