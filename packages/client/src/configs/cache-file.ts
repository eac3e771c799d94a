/** Keeps the configurations in a file, for a start while the registry is away. It contains no credential. */
import { isObject } from '../problem.ts';
import { type Config, isConfig, isText } from './shapes.ts';

/** What is kept. */
export interface Kept {
  readonly cursor: string;
  /** The time of day until which every change was known, in milliseconds since 1970; null: it is not known. */
  readonly known_until: number | null;
  readonly configs: readonly Config[];
}

export interface CacheFile {
  /**
   * Resolves to what the file has; undefined if there is no file. Rejects with an `Error` whose message is the reason for a
   * file that cannot be read, is broken, or is about another project or prefix.
   */
  load(): Promise<Kept | undefined>;
  /** Replaces the file as a whole: a reader finds the old or the new one. Only the owner may read it. Rejects like `fs`. */
  save(kept: Kept): Promise<void>;
}

/** The project and the keys that a file is about. */
export interface CacheScope {
  readonly project_id: string;
  readonly prefix?: string | undefined;
}

const FORMAT = 'tenant-registry.configs/1';
const OWNER_ONLY = 0o600;

interface FileHandle {
  writeFile(text: string): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The part of `node:fs/promises` that is used. */
interface Files {
  readFile(path: string, encoding: 'utf8'): Promise<string>;
  open(path: string, flags: 'wx', mode: number): Promise<FileHandle>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { readonly force: boolean }): Promise<void>;
}

/** Returns the file system. Throws an `Error` where there is none, as in browsers. A bundler sees no import of Node. */
function fileSystem(): Files {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const files = process?.getBuiltinModule?.('node:fs/promises') as Files | undefined;
  if (files === undefined) throw new Error('this runtime gives no access to files (Node has it since 20.16)');
  return files;
}

/** Returns the file at the path. Nothing is read or written yet. */
export function cacheFileAt(path: string, { project_id, prefix = '' }: CacheScope): CacheFile {
  return {
    async load() {
      const text = await fileSystem()
        .readFile(path, 'utf8')
        .catch((error: unknown) => {
          if (isObject(error) && error['code'] === 'ENOENT') return undefined;
          throw error;
        });
      return text === undefined ? undefined : keptIn(text, { project_id, prefix });
    },
    async save(kept) {
      const files = fileSystem();
      // Another process may keep the same file.
      const draft = `${path}.${Math.random().toString(36).slice(2)}.tmp`;
      try {
        const file = await files.open(draft, 'wx', OWNER_ONLY);
        try {
          await file.writeFile(JSON.stringify({ format: FORMAT, project_id, prefix, ...kept }));
          await file.sync();
        } finally {
          await file.close();
        }
        await files.rename(draft, path);
      } catch (error) {
        await files.rm(draft, { force: true }).catch(() => {});
        throw error;
      }
    },
  };
}

function keptIn(text: string, { project_id, prefix }: CacheScope): Kept {
  const file = parsed(text);
  if (!isObject(file) || file['format'] !== FORMAT) throw new Error('it is no file of configurations of this version');
  if (file['project_id'] !== project_id) throw new Error('it is about another project');
  if (file['prefix'] !== prefix) throw new Error('it is about another prefix');
  const { cursor, known_until, configs } = file;
  const isWhole = isText(cursor) && Array.isArray(configs) && configs.every(isConfig);
  if (!isWhole || !(known_until === null || Number.isFinite(known_until))) throw new Error('it is broken');
  return { cursor, known_until: known_until as number | null, configs };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it is broken');
  }
}
