/** One process per PGlite directory: two would corrupt it, because the engine cannot see the other. */
import { linkSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

export class DirectoryLockedError extends Error {
  readonly code = 'directory_locked';
  readonly pid: number;

  constructor(directory: string, pid: number) {
    super(`${directory} is in use by process ${pid}: stop it first, or set DATA_DIR to another directory`);
    this.name = 'DirectoryLockedError';
    this.pid = pid;
  }
}

/** The lock files of this process: a file that names our pid but is not here was left by a dead namesake (containers reuse pids). */
const held = new Set<string>();

/**
 * Takes the directory for this process and returns the function that gives it back, or throws `DirectoryLockedError`
 * with the pid of the owner. The lock of a process that died is taken over.
 */
export function lockDirectory(directory: string): () => void {
  const file = `${resolve(directory)}.lock`; // one file for all spellings of the path
  if (!tryCreate(file)) {
    const owner = ownerOf(file);
    if (isRunning(owner, file)) throw new DirectoryLockedError(directory, owner);
    removeStale(file, owner);
    if (!tryCreate(file)) throw new DirectoryLockedError(directory, ownerOf(file));
  }
  held.add(file);
  let released = false;
  const release = () => {
    if (released) return; // the file may be its next owner's by now
    released = true;
    process.off('exit', release);
    held.delete(file);
    rmSync(file, { force: true });
  };
  process.on('exit', release);
  return release;
}

/** Linking a finished file is atomic: nobody ever reads a lock without its pid. */
function tryCreate(file: string): boolean {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, String(process.pid));
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

/** Renaming takes the file from everybody else who found it stale; a quicker one's fresh lock is given back. */
function removeStale(file: string, owner: number): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    if (!Object.is(ownerOf(aside), owner)) linkSync(aside, file);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(codeOf(error))) throw error;
  }
  rmSync(aside, { force: true });
}

/** NaN when the file names no process, or is gone by now. */
function ownerOf(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return Number.NaN;
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Signal 0 asks whether a process exists; EPERM means yes, but somebody else's. */
function isRunning(pid: number, file: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  if (pid === process.pid) return held.has(file);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
