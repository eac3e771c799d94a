/** What pnpm-lock.yaml knows of a package: the digest of what the registry sends, and what it depends on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from './places.ts';

type Versions = Readonly<Record<string, string>>;

interface Lockfile {
  readonly importers: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, { version: string }>>>>>>;
  readonly packages: Readonly<Record<string, { readonly resolution?: { readonly integrity?: string } }>>;
  readonly snapshots: Readonly<
    Record<string, { readonly dependencies?: Versions; readonly optionalDependencies?: Versions }>
  >;
}

export interface Locked {
  /** The SHA-512 of the package's tarball in hexadecimal digits, by `name@version`. */
  sha512(id: string): string | undefined;
  /** What the package depends on, as `name@version`, whatever peers it was installed beside. */
  dependencies(id: string): ReadonlySet<string>;
  /** What the packages of this repository name in their manifests. */
  readonly direct: ReadonlySet<string>;
}

/** Reads the lockfile of this repository. */
export function locked(): Locked {
  const { importers, packages, snapshots }: Lockfile = parse(readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8'));
  const idOf = (name: string, version: string) => {
    const id = withoutPeers(version);
    // An alias is locked with the name of the package that it stands for.
    return id in packages ? id : `${name}@${id}`;
  };
  const idsOf = (versions: Versions = {}) => Object.entries(versions).map(([name, version]) => idOf(name, version));
  const edges = new Map<string, Set<string>>();
  for (const [key, { dependencies, optionalDependencies }] of Object.entries(snapshots)) {
    const targets = edges.get(withoutPeers(key)) ?? new Set();
    for (const target of [...idsOf(dependencies), ...idsOf(optionalDependencies)]) targets.add(target);
    edges.set(withoutPeers(key), targets);
  }
  const named = Object.values(importers).flatMap((importer) => Object.values(importer).flatMap(Object.entries));
  return {
    sha512: (id) => hexOf(packages[id]?.resolution?.integrity),
    dependencies: (id) => edges.get(id) ?? new Set(),
    direct: new Set(named.map(([name, { version }]) => idOf(name, version))),
  };
}

function withoutPeers(version: string): string {
  return version.replace(/\(.*$/, '');
}

function hexOf(integrity = ''): string | undefined {
  const [, base64] = /^sha512-(\S+)$/.exec(integrity) ?? [];
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('hex');
}
