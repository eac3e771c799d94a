/** The text of .env.example, read off the settings: with `--check` it only tells whether the committed file is that text. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { z } from 'zod';
import { settingsGroups } from './config.ts';
import { settingText } from './kernel/settings.ts';

const file = new URL('../../../.env.example', import.meta.url);
const WIDTH_MAX = 118;

const head = `# Everything that the environment can say, written by \`npm run env\`. An empty value counts as absent. Copy what you
# need into .env: \`npm start\`, \`npm run dev\` and \`npm run migrate\` read that file. Mistakes are all reported at once, by
# name.
`;

/** Breaks a text into lines of a comment. */
function comment(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length > WIDTH_MAX) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map((line) => `# ${line}\n`).join('');
}

const variables = settingsGroups.flatMap((group) => Object.entries(group.variables) as [string, z.ZodType][]);
const text =
  head +
  variables
    .map(([name, schema]) => {
      const { about, shown = '' } = settingText(schema);
      return `${about === undefined ? '' : `\n${comment(about)}`}${name}=${shown}\n`;
    })
    .join('');

if (process.argv[2] !== '--check') {
  writeFileSync(file, text);
  console.log('wrote .env.example');
} else if (readFileSync(file, 'utf8') !== text) {
  console.error('.env.example is not what the settings say: run `npm run env` and commit it');
  process.exitCode = 1;
}
