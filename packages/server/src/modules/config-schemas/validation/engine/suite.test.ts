// engine: none
import { expect, test } from 'vitest';
import { REQUIRED_CASES, readSuite, suiteFolder } from '../../../../../test/support/json-schema-suite.ts';
import { metaSchemasByUri, prepare } from './prepare.ts';

const folder = suiteFolder();
const absent = folder === undefined ? ' (skipped: its folder is absent, JSON_SCHEMA_TEST_SUITE names it)' : '';

// proves B32
test.skipIf(folder === undefined)(`every required case of the JSON Schema test suite has its verdict${absent}`, () => {
  const { groups, remotes } = readSuite(folder ?? '');
  const known = new Map([...metaSchemasByUri, ...remotes]);
  const wrong: string[] = [];
  let cases = 0;
  for (const { file, description, schema, tests } of groups) {
    const prepared = prepare(schema, known);
    for (const each of tests) {
      cases += 1;
      const verdict = 'validate' in prepared ? prepared.validate(each.data).length === 0 : prepared.mistakes;
      if (verdict !== each.valid)
        wrong.push(`${file}: ${description}: ${each.description}: ${JSON.stringify(verdict)}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(cases).toBe(REQUIRED_CASES);
});
