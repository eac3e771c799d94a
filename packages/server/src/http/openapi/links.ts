/** Which operations an answer leads to: those on the resource that it created. */
import { z } from 'zod';
import type { Operation } from '../operations.ts';
import type { Json } from './json.ts';

/** Returns the links of a 201 to every operation on what it created, nothing when the answer has no id. */
export function linksOf({ route, output }: Operation, operations: readonly Operation[]): Json {
  if (route.status !== 201 || !(output instanceof z.ZodObject) || !('id' in output.shape)) return {};
  const resource = route.location ?? `${route.path}/{id}`;
  const links = operations
    .filter(({ route: { path } }) => path === resource || path.startsWith(`${resource}/`))
    .map(({ route: { operation, summary } }) => [
      operation,
      { operationId: operation, parameters: { id: '$response.body#/id' }, description: `${summary}.` },
    ]);
  return links.length === 0 ? {} : { links: Object.fromEntries(links) };
}
