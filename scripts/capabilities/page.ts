/** Writes docs/capabilities.md: the register, and beside each capability the tests that prove it. */
import { basename } from 'node:path/posix';
import type { Proof } from './proofs.ts';
import { type Capability, capabilitiesOf, type Decision, isBuilt, type Register } from './register.ts';

const HEAD = `<!-- Written by \`npm run capabilities\` from docs/capabilities.json and the comments \`// proves …\` in the tests. -->

# Capabilities

Everything that the system must be able to do, with a stable id, and the tests that prove it. Four sources of
requirements are merged: A is the tenant registry itself, B versioned configuration with strong consistency, C the
database layer, tenancy network, identity and groups, and D managed PostgreSQL databases. A test names what it proves in a
comment above it, \`// proves A49, A60\`. Where a row names a tool of another language, its equivalent in this repository
counts: \`npm run\` for make, \`migrate\` for goose, generated row types for sqlc, a lint rule for depguard.
Where rows contradict each other, the last table says what counts. CONTRIBUTING.md says how the page is made.
`;

/** Returns the page. `root` is the repository, in which a part exists or does not. */
export function pageOf(root: string, register: Register, proofs: readonly Proof[]): string {
  const all = capabilitiesOf(register);
  const built = all.filter((each) => isBuilt(root, each));
  const row = (each: Capability): string =>
    `| ${anchor(each.id)} | ${escaped(each.sentence)} | ${proofCell(root, each, proofs)} |`;
  const sections = register.sections.map(
    ({ title, capabilities }) =>
      `## ${title}\n\n| id | capability | proved by |\n|---|---|---|\n${capabilities.map(row).join('\n')}\n`,
  );
  const counts = `${all.length} capabilities: ${built.length} in parts that exist, ${all.length - built.length} in parts that are not built.\n`;
  return [HEAD, counts, ...sections, decisionsOf(register.decisions)].join('\n');
}

function proofCell(root: string, capability: Capability, proofs: readonly Proof[]): string {
  const own = proofs.filter(({ ids }) => ids.includes(capability.id));
  const files = [...new Set(own.map(({ file }) => file))];
  const cells = files.map((file) => {
    const names = own.filter((each) => each.file === file).map(({ name }) => escaped(name.join(' › ')));
    return `[${basename(file)}](../${file}): ${names.join('; ')}`;
  });
  if (cells.length > 0) return cells.join('<br>');
  return isBuilt(root, capability) ? '**nothing**' : `not built: \`${capability.part}\``;
}

function decisionsOf(decisions: readonly Decision[]): string {
  const rows = decisions.map(({ about, ids, decision }) => {
    const links = ids.map((id) => `[${id}](#${id.toLowerCase()})`).join(', ');
    return `| ${links} | ${escaped(about)} | ${escaped(decision)} |`;
  });
  return `## Where rows pull apart\n\n| rows | about | what counts |\n|---|---|---|\n${rows.join('\n')}\n`;
}

function anchor(id: string): string {
  return `<a id="${id.toLowerCase()}"></a>${id}`;
}

function escaped(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, '\\$&').replaceAll('\n', ' ');
}
