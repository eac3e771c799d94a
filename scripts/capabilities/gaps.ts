import type { Proofs } from './proofs.ts';
import { capabilitiesOf, isBuilt, type Register } from './register.ts';

/**
 * Returns what keeps the register from being true: comments that prove nothing or name an unknown id, capabilities that
 * no test proves although their part exists, and proofs of capabilities whose part does not exist.
 */
export function gapsIn(root: string, register: Register, { proofs, mistakes }: Proofs): string[] {
  const all = capabilitiesOf(register);
  const known = new Set(all.map(({ id }) => id));
  const proved = new Set(proofs.flatMap(({ ids }) => ids));
  const unknown = proofs.flatMap(({ ids, file, name }) =>
    ids
      .filter((id) => !known.has(id))
      .map((id) => `${file}: "${name.join(' › ')}" proves ${id}, which is not in the register`),
  );
  const unproved = all
    .filter((each) => isBuilt(root, each) && !proved.has(each.id))
    .map(({ id, sentence, part }) => `${id} (${sentence}) is proved by no test, although ${part} exists`);
  const misplaced = all
    .filter((each) => !isBuilt(root, each) && proved.has(each.id))
    .map(({ id, part }) => `${id} is proved, although its part ${part} does not exist: the register names another one`);
  return [...mistakes, ...unknown, ...unproved, ...misplaced];
}
