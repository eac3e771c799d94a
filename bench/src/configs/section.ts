/** What every section of the benchmark is given. */
import type { DatabaseServer } from '../lib/databases.ts';

export type { Figure } from '../events/section.ts';

export interface Surroundings {
  readonly databases: DatabaseServer;
  readonly stack: AsyncDisposableStack;
  readonly rounds: number;
  /** Of the section `register`, on each store. */
  readonly operations: number;
  /** Of the section `kills`, on each store. */
  readonly kills: number;
  progress(line: string): void;
}
