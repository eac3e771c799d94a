// engine: none
import { expect, test } from 'vitest';
import { toCell } from './formats.ts';

test.each([
  [null, ''],
  [undefined, ''],
  ['', ''],
  [false, 'false'],
  ['plain text', 'plain text'],
  [' leading', ' leading'],
  ['a;b', 'a;b'],
  ['a,b', '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ['two\nlines', '"two\nlines"'],
  ['two\rlines', '"two\rlines"'],
  ['"', '""""'],
  ['1-1', '1-1'],
  ["'=1", "'=1"],
])('%j is the cell %j', (value, cell) => {
  expect(toCell(value)).toBe(cell);
});

test.each(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])(
  'a text that begins with %j gets an apostrophe, and quotes where it needs them',
  (first) => {
    expect(toCell(`${first}1`)).toBe(/[\r\n]/.test(first) ? `"'${first}1"` : `'${first}1`);
    expect(toCell(`${first}"x",1`)).toBe(`"'${first}""x"",1"`);
  },
);
