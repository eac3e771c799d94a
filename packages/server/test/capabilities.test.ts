// engine: none
/** The register of capabilities, docs/capabilities.json, against the tests that say which of them they prove. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { gapsIn } from '../../../scripts/capabilities/gaps.ts';
import { pageOf } from '../../../scripts/capabilities/page.ts';
import { findProofs, proofsIn } from '../../../scripts/capabilities/proofs.ts';
import { type Register, readRegister } from '../../../scripts/capabilities/register.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('each capability of a part that exists is proved by a test, and each proof is of a capability', () => {
  const found = findProofs(root);
  expect(found.proofs.length).toBeGreaterThan(100);
  expect(gapsIn(root, readRegister(root), found)).toEqual([]);
});

const register: Register = {
  sections: [
    {
      title: 'A',
      capabilities: [
        { id: 'A1', sentence: 'proved', part: 'packages/server' },
        { id: 'A2', sentence: 'not proved', part: 'packages/server' },
        { id: 'A3', sentence: 'to come', part: 'packages/of-tomorrow' },
        { id: 'A4', sentence: 'placed wrongly', part: 'packages/of-tomorrow' },
      ],
    },
  ],
  decisions: [{ about: 'Two of them', ids: ['A1', 'A2'], decision: 'Both count.' }],
};
const proofs = [{ ids: ['A1', 'A4', 'A9'], file: 'packages/x/x.test.ts', name: ['group', 'a|b'] }];

test('a gap is named: a capability without proof, a proof of none, and a proof where nothing is built', () => {
  expect(gapsIn(root, register, { proofs, mistakes: ['x.test.ts:1: a mistake'] })).toEqual([
    'x.test.ts:1: a mistake',
    'packages/x/x.test.ts: "group › a|b" proves A9, which is not in the register',
    'A2 (not proved) is proved by no test, although packages/server exists',
    'A4 is proved, although its part packages/of-tomorrow does not exist: the register names another one',
  ]);
});

test('the page links each proof, and tells what lacks one from what is not built', () => {
  const rows = pageOf(root, register, proofs)
    .split('\n')
    .filter((line) => line.startsWith('| <a') || line.startsWith('| [A'));
  expect(rows).toEqual([
    '| <a id="a1"></a>A1 | proved | [x.test.ts](../packages/x/x.test.ts): group › a\\|b |',
    '| <a id="a2"></a>A2 | not proved | **nothing** |',
    '| <a id="a3"></a>A3 | to come | not built: `packages/of-tomorrow` |',
    '| <a id="a4"></a>A4 | placed wrongly | [x.test.ts](../packages/x/x.test.ts): group › a\\|b |',
    '| [A1](#a1), [A2](#a2) | Two of them | Both count. |',
  ]);
});

test.each([
  ['a plain test', ["test('one', () => {});"], 'one'],
  ['a quote in the name', ["test('it\\'s one', () => {});"], "it's one"],
  ['another comment between', ['// A note.', 'test.runIf(isReady())("one", () => {});'], 'one'],
  [
    'a table with brackets in texts',
    [`test.each([[')', /[(/]\\)/], [\`\${f(')')}\`, a / b]])(`, "  'one %s',", ');'],
    'one %s',
  ],
  ['a table with types', ["test.each<[string, () => void]>([['a', () => {}]])('one', () => {});"], 'one'],
  ['a table in a template', ['test.each`a | b', `\${1} | \${2}\`("one", () => {});`], 'one'],
  ['a group', ["describe('one', () => {});"], 'one'],
])('the name of a test is found: %s', (_, lines, name) => {
  const source = ['// proves A1, B2', ...lines].join('\n');
  expect(proofsIn('x.test.ts', source)).toEqual({
    proofs: [{ ids: ['A1', 'B2'], file: 'x.test.ts', name: [name] }],
    mistakes: [],
  });
});

test('the name tells the groups around a test, and no group that has ended', () => {
  const source = [
    "describe('ended', () => {",
    "  test('other', () => {});",
    '});',
    "describe.runIf(isReady())('outer', () => {",
    "  describe('inner', () => {",
    '    // proves A1',
    "    test('one', () => {});",
    '  });',
    '});',
  ].join('\n');
  expect(proofsIn('x.test.ts', source).proofs.map(({ name }) => name)).toEqual([['outer', 'inner', 'one']]);
});

test('a comment that names no ids, or stands above no test, is a mistake with its place', () => {
  const source = ['const a = 1;', '// proves A1 and B2', "test('one', () => {});", '// proves A1', 'const b = 2;'].join(
    '\n',
  );
  expect(proofsIn('x.test.ts', source)).toEqual({
    proofs: [],
    mistakes: [
      'x.test.ts:2: "proves" wants ids with commas between them, not "A1 and B2"',
      'x.test.ts:4: no test follows "proves A1"',
    ],
  });
});
