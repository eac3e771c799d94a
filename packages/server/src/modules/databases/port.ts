/** Where databases are made: what the module adds to `ctx`, from DATABASES_FILE. */
import type { Provisioner } from '@tenant-registry/provisioner';
import type { DatabaseTier } from './schema.ts';

/** What DATABASES_FILE says. Without a file there is nothing that could be ordered. */
export interface DatabasesConfig {
  /** The mark of this registry on everything that it makes: two registries with one world do not touch each other's. */
  readonly installation: string;
  readonly tiers: ReadonlyMap<string, DatabaseTier>;
  /** Makes the provisioner of each name; nothing is connected before the first pass. */
  readonly provisioners: ReadonlyMap<string, () => Provisioner>;
}

export interface DatabaseWorld {
  readonly tiers: DatabasesConfig['tiers'];
  readonly provisioners: ReadonlyMap<string, Provisioner>;
  /** What becomes of the databases of a frozen tenant. Those of an archived one sleep. */
  readonly whenFrozen: 'keep' | 'sleep';
}

declare module '../../kernel/context.ts' {
  interface Ports {
    readonly databaseWorld: DatabaseWorld;
  }
}
