/** Bundles programs as JavaScript modules that import nothing but Node, each other, and what is named. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { build, type Plugin } from 'rolldown';
import { type Package, packagesOf } from './packages.ts';
import { conditionNames, db, root, server } from './places.ts';

const PGLITE = '@electric-sql/pglite';
const ENGINE_FILES = /^(index|chunk-.*|initdb)\.js$|\.(wasm|data)$|^(btree_gist|pg_trgm)\.tar\.gz$/;
const EXTENSIONS = ['btree_gist', 'pg_trgm'];
const REFERENCE = 'api-reference.js';
const DOCUMENT = 'openapi.json';
const REFERENCE_DOCUMENT = 'api-reference.json';

export interface Bundle {
  /** The folder into which all is written. */
  readonly folder: string;
  /** The entries, by the names of their modules. */
  readonly input: Readonly<Record<string, string>>;
  /** Packages that an installation brings. */
  readonly external?: readonly string[];
  /** Sources that take the place of files, by their paths in the repository. */
  readonly replaced?: Readonly<Record<string, string>>;
}

const reference = `import { fileURLToPath } from 'node:url';
export const referenceFile = fileURLToPath(new URL('./${REFERENCE}', import.meta.url));`;

/** A process neither makes the texts nor keeps what they are made of. */
const documentTexts = `import { readFile } from 'node:fs/promises';
export const documentText = () => readFile(new URL('./${DOCUMENT}', import.meta.url));
export const referenceDocumentText = () => readFile(new URL('./${REFERENCE_DOCUMENT}', import.meta.url));`;

/**
 * Writes the entries with what they share, the embedded engine and the files that are served as they are. Returns the
 * packages of others that are in them.
 */
export async function bundle({ folder, input, external = [], replaced = {} }: Bundle): Promise<Package[]> {
  const { output } = await build({
    input,
    platform: 'node',
    resolve: { conditionNames },
    plugins: [
      threads(),
      embeddedEngine(),
      replacing({
        'packages/server/src/http/docs/reference-file.ts': reference,
        'packages/server/src/http/docs/document-texts.ts': documentTexts,
        ...replaced,
      }),
    ],
    external: ['pg-native', ...external],
    logLevel: 'warn',
    output: {
      dir: folder,
      format: 'esm',
      entryFileNames: '[name].mjs',
      // One folder for all: chunks name their neighbours, the engine and the files that are served relative to themselves.
      chunkFileNames: 'chunk-[name]-[hash].mjs',
    },
  });
  const engine = packageFolder(PGLITE, db);
  const scalar = packageFolder('@scalar/api-reference', server);
  copyEngine(join(engine, 'dist'), join(folder, 'pglite'));
  cpSync(join(scalar, 'dist/browser/standalone.js'), join(folder, REFERENCE));
  writeDocuments(join(folder, DOCUMENT), join(folder, REFERENCE_DOCUMENT));
  const modules = output.flatMap((each) => (each.type === 'chunk' ? each.moduleIds : []));
  return packagesOf([...modules, join(engine, 'package.json'), join(scalar, 'package.json')]);
}

/** A module that runs in a thread is a bundle of its own: `new URL('./thread.ts', import.meta.url)` becomes its address. */
function threads(): Plugin {
  const address = /new URL\('(\.\/[\w-]*thread\.ts)', import\.meta\.url\)/g;
  return {
    name: 'threads',
    transform(code, id) {
      if (!id.startsWith(root)) return null;
      return code.replace(address, (_, file: string) => {
        const module = join(dirname(id), file);
        const fileName = `thread-${file === './thread.ts' ? basename(dirname(module)) : basename(file, '.ts')}.mjs`;
        this.emitFile({ type: 'chunk', id: module, fileName });
        return `new URL('./${fileName}', import.meta.url)`;
      });
    },
  };
}

/** The engine finds its files beside its own modules, so it is copied as it is. */
function embeddedEngine(): Plugin {
  return {
    name: 'embedded-engine',
    resolveId(source) {
      if (source === PGLITE) return { id: './pglite/index.js', external: true };
      if (!source.startsWith(`${PGLITE}/`)) return null;
      return { id: `./pglite/${source.slice(PGLITE.length + 1)}.js`, external: true };
    },
  };
}

function copyEngine(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  // Storage in a folder is loaded when it is used.
  const loaded = ['fs/base.js', 'fs/nodefs.js', ...EXTENSIONS.map((name) => `contrib/${name}.js`)];
  for (const file of [...readdirSync(from).filter((name) => ENGINE_FILES.test(name)), ...loaded])
    cpSync(join(from, file), join(to, file));
}

function writeDocuments(...files: string[]): void {
  const conditions = conditionNames.map((name) => `--conditions=${name}`);
  execFileSync(process.execPath, [...conditions, join(root, 'scripts/build/documents.ts'), ...files], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function replacing(sources: Readonly<Record<string, string>>): Plugin {
  return { name: 'replacing', load: (id) => sources[relative(root, id)] ?? null };
}

function packageFolder(name: string, from: string): string {
  return realpathSync(join(from, 'node_modules', name));
}
