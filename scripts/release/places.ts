/** Every place that names the version of the packages, the document, the chart and the image: all have one. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Place {
  /** Files, below the root. */
  readonly files: string;
  /** Matches the version and nothing else. */
  readonly pattern: RegExp;
}

export interface Named {
  readonly file: string;
  readonly version: string;
}

const PLACES: readonly Place[] = [
  { files: '{package.json,packages/*/package.json}', pattern: /(?<=^ {2}"version": ")[^"]+(?=")/gm },
  // What is published names its neighbours by version; all others say workspace:*.
  { files: 'packages/*/package.json', pattern: /(?<="@tenant-registry\/[\w-]+": ")\d[^"]*(?=")/g },
  { files: 'pnpm-lock.yaml', pattern: /(?<='@tenant-registry\/[\w-]+':\n {8}specifier: )\d\S*/g },
  { files: 'packages/server/openapi/openapi.json', pattern: /(?<=^ {4}"version": ")[^"]+(?=")/gm },
  { files: 'deploy/helm/tenant-registry/Chart.yaml', pattern: /(?<=^(?:version|appVersion): )\S+/gm },
  { files: 'docs/deploy.md', pattern: /(?<=--set image\.tag=)\S+/g },
];

/** Returns each place with the version that it names. */
export function versionsIn(root: string): Named[] {
  return PLACES.flatMap(({ files, pattern }) =>
    globSync(files, { cwd: root }).flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(pattern)].map(([version]) => ({ file, version })),
    ),
  );
}

/** Writes the version into every place; returns the files. */
export function setVersion(root: string, version: string): string[] {
  const written = PLACES.flatMap(({ files, pattern }) =>
    globSync(files, { cwd: root }).filter((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      const changed = text.replace(pattern, version);
      if (changed === text) return false;
      writeFileSync(join(root, file), changed);
      return true;
    }),
  );
  return [...new Set(written)].sort();
}
