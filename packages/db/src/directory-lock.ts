/**
 * One process per PGlite directory: two would corrupt it, because the engine cannot see the other. The operating system
 * holds the lock (docs/decisions/0014-lock-of-the-embedded-engine.md), so it holds between containers, whose process ids
 * say nothing about each other, it holds while its process is stopped, and it is gone when its process is.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';

/** The process that holds a directory, as it has written itself down. */
interface Holder {
  readonly pid: number;
  /** The name of the host; for a container, unless it has another, its id. */
  readonly host: string;
  /** RFC 3339. */
  readonly since: string;
}

export class DirectoryLockedError extends Error {
  readonly code = 'directory_locked';
  /** The holder's id inside its own container; undefined when its note cannot be read. */
  readonly pid: number | undefined;

  constructor(directory: string, holder: Holder | undefined) {
    const who =
      holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host} since ${holder.since}`;
    super(`${directory} is in use by ${who}: stop it first, or set DATA_DIR to another directory`);
    this.name = 'DirectoryLockedError';
    this.pid = holder?.pid;
  }
}

/**
 * Takes the directory for this process and resolves to the function that gives it back, or rejects with
 * `DirectoryLockedError`, which names the holder. Leaves an empty file, `<directory>.lock.db`: a file that is deleted
 * could be locked by one process while another locks its successor.
 */
export async function lockDirectory(directory: string): Promise<() => void> {
  const note = `${resolve(directory)}.lock`; // one file for all spellings of the path
  const lock = await tryLock(`${note}.db`);
  if (lock === undefined) throw new DirectoryLockedError(directory, readHolder(note));
  const holder: Holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
  writeFileSync(note, JSON.stringify(holder));
  const release = () => {
    if (!lock.isOpen) return; // the note may be its next holder's by now
    process.off('exit', release);
    rmSync(note, { force: true });
    lock.close();
  };
  process.on('exit', release);
  return release;
}

/** SQLITE_BUSY. */
const BUSY = 5;

/**
 * An exclusive transaction on an empty database of SQLite, which is part of Node: the only lock of the operating system
 * that Node offers. Resolves to undefined while another process, or this one, has it.
 */
async function tryLock(file: string): Promise<DatabaseSync | undefined> {
  // Imported late: Node has it since version 22, and programs that open no directory run on older ones.
  const { DatabaseSync } = await import('node:sqlite');
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    database.exec('begin exclusive');
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === BUSY) return undefined;
    throw new Error(`${file} cannot be locked: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

/** Reads the note of the holder; undefined when it is not written yet, or removed already. */
function readHolder(note: string): Holder | undefined {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(note, 'utf8'));
    return { pid: Number(pid), host: String(host), since: String(since) };
  } catch {
    return undefined;
  }
}
