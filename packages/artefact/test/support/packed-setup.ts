/** Global setup of the vitest project `pure`: a folder for the tarballs of one run, which the first test that needs one packs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    packed: string;
  }
}

export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'tenant-registry-packed-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove); // vitest tears nothing down when a signal ends it
  project.provide('packed', folder);
  return remove;
}
