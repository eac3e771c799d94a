/** The configurations of a project at one state, and the steps to the next. No clock, no input or output. */
import type { Config, ConfigChange } from './shapes.ts';

/** A key that became another: `config` is undefined of a deleted one. */
export interface ChangedKey {
  readonly key: string;
  readonly config: Config | undefined;
}

export interface ConfigTable {
  get(key: string): Config | undefined;
  /** The keys in the order of their code units. */
  keys(): string[];
  configs(): Config[];
  /** Replaces everything. Returns the keys that changed. A key that did not keeps its object. */
  replace(configs: readonly Config[]): ChangedKey[];
  /**
   * Makes all changes, in order, or none. Returns the keys that changed, without those of changes that were made before;
   * undefined if the changes do not continue what is known: some between were not told.
   */
  apply(changes: readonly ConfigChange[]): ChangedKey[] | undefined;
}

/** Starts without keys. Keys that do not begin with the prefix are passed over. */
export function createConfigTable(prefix = ''): ConfigTable {
  const configs = new Map<string, Config>();
  /** The versions of keys whose deletion was told. */
  const deleted = new Map<string, number>();
  const isRead = ({ key }: { readonly key: string }) => key.startsWith(prefix);
  return {
    get: (key) => configs.get(key),
    keys: () => [...configs.keys()].sort(),
    configs: () => [...configs.values()],
    replace(given) {
      const changed: ChangedKey[] = [];
      const next = new Map(given.filter(isRead).map((config) => [config.key, config]));
      for (const key of configs.keys()) if (!next.has(key)) changed.push({ key, config: undefined });
      for (const [key, config] of next) {
        const before = configs.get(key);
        if (before?.version === config.version && before.content_sha256 === config.content_sha256)
          next.set(key, before);
        else changed.push({ key, config });
      }
      configs.clear();
      deleted.clear();
      for (const [key, config] of next) configs.set(key, config);
      return changed;
    },
    apply(changes) {
      const next = new Map<string, ConfigChange>();
      for (const change of changes.filter(isRead)) {
        const { key } = change;
        const known = next.get(key)?.version ?? configs.get(key)?.version ?? deleted.get(key);
        if (known !== undefined && change.version <= known) continue;
        const present = next.has(key) ? next.get(key)?.operation !== 'delete' : configs.has(key);
        if (!continues(change, known, present)) return undefined;
        next.set(key, change);
      }
      return [...next.values()].map((change) => step(change, configs, deleted));
    },
  };
}

/** Tells whether the change is the one after the known version. */
function continues({ version, operation }: ConfigChange, known: number | undefined, present: boolean): boolean {
  if (known !== undefined && version !== known + 1) return false;
  if (operation === 'rollback') return true;
  return (operation === 'create') !== present;
}

function step(change: ConfigChange, configs: Map<string, Config>, deleted: Map<string, number>): ChangedKey {
  const { key, version, content, content_sha256 } = change;
  if (content_sha256 === null) {
    configs.delete(key);
    deleted.set(key, version);
    return { key, config: undefined };
  }
  const config = { key, version, content, content_sha256 };
  configs.set(key, config);
  deleted.delete(key);
  return { key, config };
}
