/** What packages hold of others in files that were bundled or compiled before they were published. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Package } from './packages.ts';

export interface Inner {
  readonly name: string;
  readonly version: string;
  /** npm: the package of that name. */
  readonly from: 'npm' | 'generic';
  readonly cpe?: `cpe:2.3:a:${string}`;
}

/** Returns what is inside the package, as its own files tell. */
export function inside({ name, folder }: Package): Inner[] {
  if (name === '@scalar/api-reference') return sourcesOf(join(folder, 'dist/browser/standalone.js.map'));
  if (name === '@electric-sql/pglite') return [postgresOf(join(folder, 'dist/pglite.wasm'))];
  return [];
}

/** The packages whose sources a source map names: pnpm has them in folders such as `@vue+shared@3.5.44_typescript@5.9.3`. */
function sourcesOf(map: string): Inner[] {
  const { sources }: { sources: string[] } = JSON.parse(readFileSync(map, 'utf8'));
  const ids = sources.flatMap((source) => {
    const [, name, version] = /\/\.pnpm\/(@?[^/@]+)@([^/_]+)[^/]*\/node_modules\//.exec(source) ?? [];
    return name === undefined || version === undefined ? [] : [`${name.replace('+', '/')} ${version}`];
  });
  if (ids.length === 0) throw new Error(`${map} names no package: what the file beside it holds is not known`);
  return [...new Set(ids)].map((id) => {
    const [name = '', version = ''] = id.split(' ');
    return { name, version, from: 'npm' };
  });
}

function postgresOf(program: string): Inner {
  const [, version] = /PostgreSQL (\d+\.\d+) \(PGlite/.exec(readFileSync(program, 'latin1')) ?? [];
  if (version === undefined) throw new Error(`${program} does not tell the version of PostgreSQL in it`);
  return {
    name: 'postgresql',
    version,
    from: 'generic',
    cpe: `cpe:2.3:a:postgresql:postgresql:${version}:*:*:*:*:*:*:*`,
  };
}

/** Versions of interfaces, which are no programs. */
const INTERFACES = new Set(['node', 'modules', 'napi']);

/** The Node that runs the build, which an executable holds, with what was compiled into it. */
export function node(): { readonly runtime: Inner; readonly within: Inner[] } {
  const { versions } = process;
  const within = Object.entries(versions).flatMap(([name, version = '']): Inner[] =>
    INTERFACES.has(name) ? [] : [{ name, version, from: 'generic' }],
  );
  const cpe = `cpe:2.3:a:nodejs:node.js:${versions.node}:*:*:*:*:*:*:*` as const;
  return { runtime: { name: 'node', version: versions.node, from: 'generic', cpe }, within };
}
