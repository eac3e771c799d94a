/** Blocks of commands in pages of docs/, which tests run as they stand. */
import { readFileSync } from 'node:fs';

const BLOCK = /^<!-- run: ([\w-]+) -->\n```sh\n([\s\S]*?)^```$/gm;

/** Returns the blocks of the page by the names in the comments before them: `<!-- run: dump -->`. */
export function blocksOf(page: string): ReadonlyMap<string, string> {
  const text = readFileSync(new URL(`../../../../docs/${page}`, import.meta.url), 'utf8');
  return new Map([...text.matchAll(BLOCK)].map(([, name = '', block = '']) => [name, block]));
}
