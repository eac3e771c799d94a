/** Which operations an answer leads to: those on the resource that it created. */
import { z } from 'zod';
import type { Operation } from '../operations.ts';
import type { Json } from './json.ts';

/** Returns the links of a 201 to every operation on what it created, nothing when the answer has no id. */
export function linksOf({ route, output }: Operation, operations: readonly Operation[]): Json {
  if (route.status !== 201 || !(output instanceof z.ZodObject) || !('id' in output.shape)) return {};
  // `POST /v1/catalog/request` makes one of `/v1/catalog/requests/{id}`.
  const resources = [route.location ?? `${route.path}/{id}`, `${route.path}s/{id}`];
  const links = operations
    .filter(({ route: { path } }) => resources.some((each) => path === each || path.startsWith(`${each}/`)))
    .map(({ route: { operation, summary } }) => [
      operation,
      { operationId: operation, parameters: { id: '$response.body#/id' }, description: `${summary}.` },
    ]);
  return links.length === 0 ? {} : { links: Object.fromEntries(links) };
}
