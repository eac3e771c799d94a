/** Bundles the commands as JavaScript modules that import nothing but Node and each other. */
import { cpSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { build, type Plugin } from 'rolldown';
import { licenses } from './licenses.ts';
import { conditionNames, db, root, server } from './places.ts';

const PGLITE = '@electric-sql/pglite';
const ENGINE_FILES = /^(index|chunk-.*|initdb)\.js$|\.(wasm|data)$|^(btree_gist|pg_trgm)\.tar\.gz$/;
const EXTENSIONS = ['btree_gist', 'pg_trgm'];
const REFERENCE = 'api-reference.js';

/** Writes the commands with what they share, the embedded engine, the files that are served as they are, and licenses.txt. */
export async function bundle(dist: string): Promise<void> {
  const { output } = await build({
    input: { 'tenant-registry': join(server, 'src/cli.ts'), migrate: join(db, 'src/cli.ts') },
    platform: 'node',
    resolve: { conditionNames },
    plugins: [threads(), embeddedEngine(), reference()],
    external: ['pg-native'],
    logLevel: 'warn',
    output: {
      dir: dist,
      format: 'esm',
      entryFileNames: '[name].mjs',
      // One folder for all: chunks name their neighbours, the engine and the files that are served relative to themselves.
      chunkFileNames: 'chunk-[name]-[hash].mjs',
    },
  });
  const modules = output.flatMap((each) => (each.type === 'chunk' ? each.moduleIds : []));
  copyEngine(dist);
  cpSync(join(packageFolder('@scalar/api-reference', server), 'dist/browser/standalone.js'), join(dist, REFERENCE));
  licenses(dist, [
    ...modules,
    join(packageFolder(PGLITE, db), 'x'),
    join(packageFolder('@scalar/api-reference', server), 'x'),
  ]);
}

/** A module that runs in a thread is a bundle of its own: `new URL('./thread.ts', import.meta.url)` becomes its address. */
function threads(): Plugin {
  const address = /new URL\('(\.\/[\w-]*thread\.ts)', import\.meta\.url\)/g;
  return {
    name: 'threads',
    transform(code, id) {
      if (!id.startsWith(root) || !address.test(code)) return null;
      return code.replace(address, (_, file: string) => {
        const module = join(dirname(id), file);
        const folder = basename(dirname(module));
        const fileName = `thread-${file === './thread.ts' ? folder : basename(file, '.ts')}.mjs`;
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

function copyEngine(dist: string): void {
  const from = join(packageFolder(PGLITE, db), 'dist');
  const to = join(dist, 'pglite');
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(from).filter((name) => ENGINE_FILES.test(name)))
    cpSync(join(from, file), join(to, file));
  // Storage in a folder is loaded when it is used.
  const loaded = ['fs/base.js', 'fs/nodefs.js', ...EXTENSIONS.map((name) => `contrib/${name}.js`)];
  for (const file of loaded) cpSync(join(from, file), join(to, file));
}

/** The script of the API reference lies beside the bundle. */
function reference(): Plugin {
  return {
    name: 'reference',
    load(id) {
      if (relative(server, id) !== 'src/http/docs/reference-file.ts') return null;
      return `import { fileURLToPath } from 'node:url';
        export const referenceFile = fileURLToPath(new URL('./${REFERENCE}', import.meta.url));`;
    },
  };
}

function packageFolder(name: string, from: string): string {
  return realpathSync(join(from, 'node_modules', name));
}
