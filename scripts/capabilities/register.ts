/** The register of everything that the system must be able to do, as docs/capabilities.json holds it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Capability {
  /** Stable for ever: tests name it. */
  readonly id: string;
  readonly sentence: string;
  /** The folder that has it or will have it, from the root of the repository. Before that exists, no proof is due. */
  readonly part: string;
}

export interface Section {
  readonly title: string;
  readonly capabilities: readonly Capability[];
}

/** A choice between capabilities that contradict each other or leave one open. */
export interface Decision {
  readonly about: string;
  /** Their ids; a range as A1–A4 is written out. */
  readonly ids: readonly string[];
  readonly decision: string;
}

export interface Register {
  readonly sections: readonly Section[];
  readonly decisions: readonly Decision[];
}

const CAPABILITY_ID = /^[A-D]\d+$/;

/** Reads the register of the repository at `root`. Throws when an id is malformed, stands twice, or a decision names an unknown one. */
export function readRegister(root: string): Register {
  const register: Register = JSON.parse(readFileSync(join(root, 'docs/capabilities.json'), 'utf8'));
  const ids = capabilitiesOf(register).map(({ id }) => id);
  const malformed = ids.filter((id) => !CAPABILITY_ID.test(id));
  const doubled = ids.filter((id, index) => ids.indexOf(id) !== index);
  const unknown = register.decisions.flatMap((each) => each.ids).filter((id) => !ids.includes(id));
  const mistakes = Object.entries({ malformed, doubled, unknown }).filter(([, found]) => found.length > 0);
  if (mistakes.length === 0) return register;
  throw new Error(
    `docs/capabilities.json: ${mistakes.map(([what, found]) => `${what}: ${found.join(', ')}`).join('; ')}`,
  );
}

export function capabilitiesOf({ sections }: Register): Capability[] {
  return sections.flatMap(({ capabilities }) => capabilities);
}

/** Whether the part of the repository at `root` that a capability belongs to exists. */
export function isBuilt(root: string, { part }: Capability): boolean {
  return existsSync(join(root, part));
}
