/** The provisioners of DATABASES_FILE, each made once. */
import type { DatabasesConfig, DatabaseWorld } from './port.ts';

/** Makes the provisioners; none of them connects before its first pass. */
export function createDatabaseWorld(
  { tiers, provisioners }: DatabasesConfig,
  whenFrozen: DatabaseWorld['whenFrozen'],
): DatabaseWorld {
  return {
    tiers,
    whenFrozen,
    provisioners: new Map(Array.from(provisioners, ([name, make]) => [name, make()])),
  };
}
