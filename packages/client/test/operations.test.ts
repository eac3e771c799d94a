// engine: none
import { readFile } from 'node:fs/promises';
import { appRouter } from '@tenant-registry/server/router';
import { expect, test } from 'vitest';
import { operationsSource } from '../scripts/operations-source.ts';

test('the manifest matches the router; "npm run generate" in packages/client writes it', async () => {
  const committed = await readFile(new URL('../src/operations.ts', import.meta.url), 'utf8');
  expect(committed).toBe(operationsSource(appRouter));
});
