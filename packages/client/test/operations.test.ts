// engine: none
import { readFile } from 'node:fs/promises';
import { initTRPC } from '@trpc/server';
import { expect, test } from 'vitest';
import { eventStream } from '../../server/src/kernel/streams/event-stream.ts';
import { textStream } from '../../server/src/kernel/streams/text-stream.ts';
import { generatedSources, outdated } from '../scripts/generated-sources.ts';
import { manifestOf } from '../scripts/manifest.ts';
import { operationsSource } from '../scripts/operations-source.ts';

test('what is generated matches the router and its document; "npm run generate" in packages/client writes it', async () => {
  const sources = await generatedSources();
  expect(sources.size).toBeGreaterThan(50);
  expect(await outdated(sources)).toEqual([]);
});

test('the SDK exports types of its own under two names of the document, and no others', async () => {
  const index = await readFile(new URL('../src/index.ts', import.meta.url), 'utf8');
  const own = new Set(index.replaceAll(/^\/[/*].*/gm, '').match(/\b[A-Z]\w+/g));
  const declared = [...(await generatedSources()).values()].flatMap((source) =>
    [...source.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name = '']) => name),
  );
  expect(new Set(declared).size).toBe(declared.length);
  expect(declared.filter((name) => own.has(name)).sort()).toEqual(['ConfigSchema', 'CurrentSession']);
});

test('the streams of configurations that the SDK reads itself are no operations, and their export is one', () => {
  const t = initTRPC.meta<object>().create();
  const streaming = (path: string, mediaType: string) =>
    t.procedure.meta({ rest: { method: 'GET', path, stream: [mediaType] } });
  const router = t.router({
    configs: t.router({
      get: t.procedure.meta({ rest: { method: 'GET', path: '/v1/g' } }).query(() => 1),
      snapshot: streaming('/v1/s', 'application/json')
        .output(textStream)
        .query(() => undefined as never),
      watch: streaming('/v1/w', 'text/event-stream')
        .output(eventStream)
        .query(() => undefined as never),
      export: streaming('/v1/projects/{project_id}/config-export', 'application/x-ndjson')
        .output(textStream)
        .query(() => undefined as never),
    }),
  });
  const source = operationsSource(manifestOf(router));
  expect(source).toContain(`configs: {
    get: 'GET /v1/g',
    export: 'EXPORT /v1/projects/{project_id}/config-export',
  },`);
});
