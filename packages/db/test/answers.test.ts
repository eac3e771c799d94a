// engine: postgres
/** What a statement answered does not stay in memory when nobody has it any more. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { testDatabase } from '../src/testing.ts';

const PAGES = 300;

/** In a process of its own, because vitest keeps hold of promises: prints what outlived small collections, at the most. */
const script = `
  import { getHeapSpaceStatistics } from 'node:v8';
  import { sql } from 'kysely';
  import { openDatabase } from './src/index.ts';
  const [url, pages] = process.argv.slice(1);
  const old = () => getHeapSpaceStatistics().find((space) => space.space_name === 'old_space').space_used_size;
  const { db, close } = await openDatabase({ url });
  const before = old();
  let most = 0;
  for (let page = 0; page < Number(pages); page += 1) {
    await sql\`select repeat('x', 1024) || i as text from generate_series(1, 1024) as i\`.execute(db);
    most = Math.max(most, old() - before);
  }
  console.log(most / 1048576);
  await close();
`;

test('large answers one after another are collected while they are young', async () => {
  const { url = '', close } = await testDatabase();
  try {
    const args = ['--input-type=module', '-e', script, url, String(PAGES)];
    const told = execFileSync(process.execPath, args, { cwd: new URL('..', import.meta.url), encoding: 'utf8' });
    // All of them have 300 MiB, and a full collection comes by itself at some 50.
    expect(Number(told)).toBeLessThan(PAGES / 10);
  } finally {
    await close();
  }
});
