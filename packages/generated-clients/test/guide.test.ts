/** docs/clients.md is what users type: it tells of every generator that is tested, and its samples are code that runs. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { generators } from './support/generators.ts';
import { fetching, sections } from './support/guide.ts';

const drivers = fileURLToPath(new URL('../drivers/', import.meta.url));

test('the guide has a section for each generator, and for no other', () => {
  expect(sections.map(({ name }) => name)).toEqual(generators.map(({ name }) => name));
  expect(fetching).toEqual(['curl -fsS "$REGISTRY_URL/openapi.json" -o openapi.json']);
});

test.for(generators)(
  'the section of $name has pinned versions, and a sample that its program contains',
  (generator) => {
    const { lines, samples } = sections.find(({ name }) => name === generator.name) ?? { lines: [], samples: [] };
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.join('\n')).toMatch(/[=@:-]v?\d+\.\d+\.\d+\b/);
    expect(lines.join('\n')).not.toMatch(/@latest|@next/);
    const [file = ''] = globSync(`${drivers}${generator.driver}/[mM]ain.*`);
    const program = outline(readFileSync(file, 'utf8'));
    expect(samples.length).toBeGreaterThan(0);
    for (const sample of samples) expect(program).toContain(outline(sample));
  },
);

/** The text without indentation. */
function outline(text: string): string {
  return text.trim().replaceAll(/^[ \t]+/gm, '');
}
