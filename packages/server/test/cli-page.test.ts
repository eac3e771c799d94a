// engine: none
/** docs/cli.md against the program: `npx vitest run -u packages/server/test/cli-page.test.ts` brings the help texts up to date. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { run } from '../src/cli/program.ts';

const file = fileURLToPath(new URL('../../../docs/cli.md', import.meta.url));
const page = readFileSync(file, 'utf8');

/** Returns what the program prints for `--help`. */
async function helpOf(...command: string[]): Promise<string> {
  let printed = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  const log = vi.spyOn(console, 'log').mockImplementation((text) => {
    printed += `${text}\n`;
  });
  try {
    expect(await run([...command, '--help'])).toBe(0);
    return printed.trim();
  } finally {
    write.mockRestore();
    log.mockRestore();
  }
}

const commands = [...(await helpOf()).matchAll(/^ {2}([a-z]+)(?= )/gm)].flatMap(([, name = '']) =>
  name === 'help' ? [] : [name],
);
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text]),
);

test('the page has a section for each command, with its help text, its exit codes and an example', async () => {
  expect(commands.length).toBeGreaterThan(8);
  expect([...sections.keys()]).toEqual(commands);
  for (const [name, text] of sections) {
    expect(text, name).toMatch(/^Exit codes: 0 .*1 .*2 /m);
    expect(text, name).toMatch(new RegExp(`\`\`\`sh\\n(.*\\n)*.*tenant-registry ${name}`));
  }
});

test('each help text on the page is what the program prints', async () => {
  let expected = page;
  for (const command of ['', ...commands]) {
    const help = await helpOf(...(command === '' ? [] : [command]));
    const [start, end] = [`<!-- help: ${command} -->\n\`\`\`text\n`.replace(':  ', ': '), '\n```\n<!-- end -->'];
    const from = expected.indexOf(start);
    expect(from, command).toBeGreaterThan(-1);
    const to = expected.indexOf(end, from);
    expected = expected.slice(0, from + start.length) + help + expected.slice(to);
  }
  await expect(expected).toMatchFileSnapshot(file);
});

test('each example uses commands and options that there are', async () => {
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  const calls = blocks.flatMap((block) => [...block.matchAll(/\btenant-registry ([a-z]+)([^|#>\n]*)/g)]);
  expect(calls.length).toBeGreaterThan(15);
  for (const [line, name = '', rest = ''] of calls) {
    expect(commands, line).toContain(name);
    for (const [option] of rest.matchAll(/(?<= )--?[a-z-]+/g)) expect(await helpOf(name), line).toContain(option);
  }
});
