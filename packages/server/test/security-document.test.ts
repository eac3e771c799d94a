// engine: none
/** docs/security.md says the truth: its table is the one in force, and every test that it names exists. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { platformRoles, tenantRoles } from '../src/kernel/permissions.ts';
import { grants } from '../src/modules.ts';

const root = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(fileURLToPath(new URL(path, root)), 'utf8');
const text = read('docs/security.md');

test('the table of permissions is the one in force', () => {
  const roles = [...platformRoles, ...tenantRoles];
  const shown = grants.permissions.filter((permission) =>
    roles.some((role) => grants.byRole[role].includes(permission)),
  );
  const rows = shown.map((permission) => {
    const held = [...roles.map((role) => grants.byRole[role].includes(permission)), grants.byKeys.includes(permission)];
    return `| ${[permission, ...held.map((each) => (each ? '✓' : ''))].join(' | ')} |`;
  });
  expect(text).toContain(`|---|---|---|---|---|---|---|---|\n${rows.join('\n')}\n\n`);
});

const entries = [...text.matchAll(/^### (API\d+|F\d+) .+\n\n((?:- .+\n)+)/gm)].map(([, entry = '', list = '']) => ({
  entry,
  tests: list
    .trimEnd()
    .split('\n')
    .map((line) => /^- `(.+?)`: (.+)$/.exec(line)?.slice(1) ?? ['', line]),
}));

test('every entry of the OWASP list is there, with tests', () => {
  const listed = entries.map(({ entry }) => entry).filter((entry) => entry.startsWith('API'));
  expect(listed).toEqual(Array.from({ length: 10 }, (_, index) => `API${index + 1}`));
});

test('every heading of a finding is followed by tests', () => {
  const headings = [...text.matchAll(/^### (F\d+) /gm)].map(([, finding]) => finding);
  expect(headings.length).toBeGreaterThan(0);
  expect(entries.map(({ entry }) => entry).filter((entry) => entry.startsWith('F'))).toEqual(headings);
});

test.each(entries)('the tests that $entry names exist', ({ tests }) => {
  for (const [file = '', name = ''] of tests) expect(read(file), `${file}: ${name}`).toContain(name);
});
